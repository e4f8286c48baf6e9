package scenario

import (
	"fmt"
	"math"
	"strings"

	"github.com/linger-dev/linger/internal/tcp"
)

// String returns the step in one line of words.
func (s Step) String() string {
	switch a := s.Action.(type) {
	case Call:
		return a.describe()
	case Fork:
		return fmt.Sprintf("fork %s: child %s", a.Program, a.Child)
	case Control:
		return string(a.Do) + " " + a.Program
	case Wait:
		return "wait " + a.For.String()
	case Set:
		return "set " + a.Host + ": " + settingsText(a.Settings)
	case Cut:
		if a.Mend {
			return fmt.Sprintf("mend the way from %s to %s", a.From, a.To)
		}
		return fmt.Sprintf("cut the way from %s to %s", a.From, a.To)
	case Disturb:
		return a.describe()
	case Inject:
		return a.describe()
	case Mute:
		if a.Off {
			return "unmute " + a.Host
		}
		return "mute " + a.Host
	case Expect:
		return a.describe()
	}
	return ""
}

// About returns what the outcome of a step is about, in a word or two, and
// whether a reader wants to know it though it came as it must.
func (s Step) About() (what string, telling bool) {
	switch a := s.Action.(type) {
	case Call:
		compared := a.Fails != "" || a.Call == ReadCall && a.Data != ""
		return string(a.Call) + " " + a.Socket.String(), compared
	case Expect:
		if a.Segment != nil {
			return a.Segment.Match.String() + " from " + a.Segment.From, true
		}
		return a.subject(), true
	}
	return "", false
}

// phrase collects words.
type phrase []string

func (p *phrase) add(given bool, format string, args ...any) {
	if given {
		*p = append(*p, fmt.Sprintf(format, args...))
	}
}

func (p phrase) String() string { return strings.Join(p, ", ") }

func settingsText(settings []Setting) string {
	var words phrase
	for _, s := range settings {
		value := s.Value
		if value == "" {
			value = `""`
		}
		words.add(true, "%s = %s", s.Key, value)
	}
	return words.String()
}

func (c Call) describe() string {
	var words phrase
	words.add(true, "%s %s", c.Call, c.Socket)
	words.add(c.At.IsValid(), "at %s", c.At)
	words.add(c.To.IsValid(), "to %s", c.To)
	if c.From.Port() == 0 {
		words.add(c.From.IsValid(), "from %s", c.From.Addr())
	} else {
		words.add(true, "from %s", c.From)
	}
	words.add(c.Of != "", "of %s", c.Of)
	words.add(c.Times > 0, "%d times", c.Times)
	words.add(c.Call == Connect && !c.Await, "without waiting")
	words.add(c.Options != SocketOptions{}, "with options %s", c.Options)
	words.add(c.Data != "", "%q", c.Data)
	words.add(c.Bytes > 0, "%d bytes", c.Bytes)
	words.add(c.EOF, "to the end")
	words.add(c.Port.Parity != "", "%s port", c.Port.Parity)
	words.add(c.Port.Range != nil, "port %v", c.Port.Range)
	words.add(c.Fails != "", "fails with %s", c.Fails)
	return words.String()
}

// String returns the options as scenarios write them.
func (o SocketOptions) String() string {
	var words phrase
	words.add(o.ReuseAddr, "reuse_addr")
	words.add(o.ReusePort, "reuse_port")
	words.add(o.NoPort, "no_port")
	words.add(o.V6Only, "v6_only")
	words.add(o.KeepAlive, "keep_alive")
	words.add(o.PortRange != [2]uint16{}, "port_range %d-%d", o.PortRange[0], o.PortRange[1])
	words.add(o.Negative, "linger2 negative")
	words.add(o.Linger2 > 0, "linger2 %v", o.Linger2)
	words.add(o.UID > 0, "uid %d", o.UID)
	return words.String()
}

// String returns the match as scenarios write it.
func (m Match) String() string {
	switch {
	case m.Any:
		return "any"
	case m.Data == nil:
		return m.Flags.String()
	case *m.Data:
		return m.Flags.String() + " with data"
	}
	return m.Flags.String() + " without data"
}

func (d Disturb) describe() string {
	var words phrase
	words.add(true, "%s %s of %s", d.Do, d.Match, d.From)
	words.add(d.By > 0, "by %v", d.By)
	words.add(d.Skip > 0, "after %d", d.Skip)
	words.add(d.Times > 1, "%d times", d.Times)
	return words.String()
}

func (i Inject) describe() string {
	var words phrase
	words.add(true, "inject %s at %s", i.Flags, i.Socket)
	words.add(i.Seq != 0, "seq %+d", i.Seq)
	words.add(i.Ack != 0, "ack %+d", i.Ack)
	words.add(i.Data != "", "%q", i.Data)
	words.add(i.NoStamp, "no timestamp")
	words.add(i.Timestamp != nil, "timestamp %+d", value(i.Timestamp))
	words.add(i.Times > 1, "%d times", i.Times)
	return words.String()
}

func value(p *int64) int64 {
	if p == nil {
		return 0
	}
	return *p
}

func (e Expect) describe() string {
	var words phrase
	if e.Segment != nil {
		words.add(true, "expect %s from %s", e.Segment.Match, e.Segment.From)
		words.add(e.Segment.Times != Range{1, math.MaxInt64}, "%v times", e.Segment.Times)
	} else {
		words.add(true, "expect %s", e.subject())
	}
	words.add(e.Port > 0, "port %d", e.Port)
	e.describeHost(&words)
	e.describeProgram(&words)
	words.add(e.State == tcp.Close, "CLOSED") // the RFC's word, as scenarios use it
	words.add(e.State != 0 && e.State != tcp.Close, "%s", e.State)
	words.add(e.Ended != "", "ended %q", e.Ended)
	words.add(e.Local.Parity != "", "%s port", e.Local.Parity)
	words.add(e.Local.Range != nil, "port %v", e.Local.Range)
	words.add(e.Within > 0, "within %v", e.Within)
	words.add(e.For > 0, "for %v", e.For)
	words.add(e.After != nil, "after %v", e.After)
	words.add(e.Since != "", "since %s", e.Since)
	return words.String()
}

func (e Expect) subject() string {
	switch {
	case e.Host != "":
		return e.Host
	case e.Program != "":
		return e.Program
	}
	return e.Socket.String()
}

func (e Expect) describeHost(words *phrase) {
	for _, s := range e.States {
		words.add(true, "%s %v", strings.ToLower(s.State.String()), s.Range)
	}
	for _, c := range e.Counters {
		words.add(true, "%s %v", c.Name, c.Range)
	}
	words.add(e.TimeLeft != nil, "time left %v", e.TimeLeft)
	words.add(e.Bytes != nil, "bytes per TIME_WAIT %v", e.Bytes)
}

func (e Expect) describeProgram(words *phrase) {
	for _, c := range e.Counts {
		words.add(true, "%s %v", c.Name, c.Range)
	}
	words.add(e.Slowdown != nil, "slowdown %v", e.Slowdown)
	words.add(e.FailedAt != nil, "first failure after %v", e.FailedAt)
	words.add(e.FailedNo != nil, "first failure after %v connections", e.FailedNo)
	words.add(e.Process != "", "process %s", e.Process)
	words.add(e.Sockets != nil, "sockets %v", e.Sockets)
}
