package play

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/tcp"
)

// stage plays the steps of one play.
type stage struct {
	*world
	ctx   context.Context
	marks map[string]time.Duration // when each labelled step began
}

// wait lets the steps wait for something: time passes until anything happens.
func (s *stage) wait(_ *signal, until time.Duration) string {
	switch {
	case s.ctx.Err() != nil || s.refused != nil:
		return ended
	case s.now >= until:
		return timeout
	}
	s.step(until)
	return ""
}

// stepTime is what a step takes beside what it waits for: longer than the way to
// the peer and back, as in the laboratory.
const stepTime = 10 * hop

// errRefuted says that what was got is not what was expected.
var errRefuted = errors.New("not as expected")

// refuted ends a play: the twin did not do what was expected.
type refuted struct{ measure claims.Measure }

func (r *refuted) Error() string {
	return fmt.Sprintf("line %d: %s: got %s", r.measure.Line, r.measure.Step, r.measure.Got)
}

// steps does the steps until one does not go as expected.
func (s *stage) steps(p *scenario.Play, out *claims.Play) error {
	for i := range p.Steps {
		step := p.Steps[i]
		s.marks[step.Label] = s.now
		s.options.tell(step.String(), s.now)
		m := claims.Measure{Line: step.Line, Label: step.Label, Step: step.String(), Holds: true}
		m.About, m.Telling = step.About()
		var err error
		if e, ok := step.Action.(scenario.Expect); ok {
			m.Got, err = s.expect(&e)
		} else {
			m.Got, err = s.act(step.Action)
		}
		if s.refused != nil {
			return at(step.Line, s.refused)
		}
		if errors.Is(err, errRefuted) {
			m.Holds, err = false, &refuted{m}
		}
		if m.Got != "" {
			out.Measured = append(out.Measured, m)
		}
		if err == nil {
			err = s.until(s.ctx, s.now+stepTime)
		}
		if err == nil {
			err = s.keep()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// act does a step that is no expectation. got is what a call gave.
func (s *stage) act(a scenario.Action) (got string, err error) {
	switch a := a.(type) {
	case scenario.Call:
		return s.call(&a)
	case scenario.Control:
		return "", s.control(a)
	case scenario.Wait:
		return "", s.until(s.ctx, s.now+a.For)
	case scenario.Set:
		return "", s.set(s.hosts[a.Host], a.Settings)
	case scenario.Inject:
		s.inject(&a)
		return "", nil
	case scenario.Mute:
		s.hosts[a.Host].muted = !a.Off
		return "", nil
	}
	return "", fmt.Errorf("a step of unknown kind %T", a)
}

// control acts on a program.
func (s *stage) control(c scenario.Control) error {
	p := s.programs[c.Program]
	if c.Do == scenario.Start {
		p.start()
		for limit := s.now + time.Minute; !p.up; {
			if why := s.wait(nil, limit); why != "" {
				return s.stuck(why)
			}
		}
		return nil
	}
	if p.counts.children > 0 {
		s.refuse(processes())
	}
	p.end(c.Do == scenario.Kill)
	return nil
}

func (s *stage) stuck(why string) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	return fmt.Errorf("nothing happens any more: %s", why)
}

// inject sends a segment made by hand to the other end of a connection, of which
// only the mini-socket is asked.
func (s *stage) inject(i *scenario.Inject) {
	from := s.programs[i.Socket.Program].named(i.Socket.Name)
	if from == nil || from.end == nil || from.end.peer == nil {
		return
	}
	o := from.end.peer
	s.after(hop, func() {
		switch k := o.host.kernel(); {
		case o.live && i.Flags == tcp.RST:
			o.wasReset()
		case o.live:
		case i.Flags == tcp.RST && !k.Settings().RFC1337.Is(1):
			_ = k.Kill(o.conn)
		case i.Flags != tcp.RST:
			_ = k.FromPeer(o.conn)
		}
	})
}

// answer is what a call gave.
type answer struct {
	errno string
	got   received
	ports []uint16
	no    int // connect: the number of the socket that failed
	reads bool
}

// call does a socket call and compares what it gave.
func (s *stage) call(c *scenario.Call) (string, error) {
	a, err := s.do(c)
	if err != nil || s.refused != nil {
		return "", err
	}
	if a.errno == ended {
		return "", s.stuck("interrupted")
	}
	if a.errno != c.Fails {
		return a.String(), errRefuted
	}
	if c.Fails != "" {
		return a.String(), nil
	}
	holds := true
	switch {
	case c.Call != scenario.ReadCall:
	case c.EOF:
		holds = a.got.eof && (c.Data == "" || a.got.text == c.Data)
	case c.Data != "":
		holds = a.got.text == c.Data
	case c.Bytes > 0:
		holds = a.got.bytes == c.Bytes
	}
	if wrong := slices.IndexFunc(a.ports, func(p uint16) bool { return !fits(c.Port, p) }); wrong >= 0 {
		return "port " + strconv.Itoa(int(a.ports[wrong])), errRefuted
	}
	if !holds {
		return a.String(), errRefuted
	}
	return a.String(), nil
}

// String is what a call gave, in words.
func (a answer) String() string {
	switch {
	case a.errno != "" && a.no > 1:
		return fmt.Sprintf("%s after %d connections", a.errno, a.no-1)
	case a.errno != "":
		return a.errno
	case a.reads:
		text := fmt.Sprintf("%d bytes", a.got.bytes)
		if a.got.text != "" && len(a.got.text) <= 64 {
			text = strconv.Quote(a.got.text)
		}
		if a.got.eof {
			text += ", end of stream"
		}
		return text
	case len(a.ports) == 1:
		return "success, port " + strconv.Itoa(int(a.ports[0]))
	}
	return "success"
}

// fits reports whether a port is one that was wished for.
func fits(want scenario.PortWish, port uint16) bool {
	switch {
	case want.Parity == "even" && port%2 != 0, want.Parity == "odd" && port%2 == 0:
		return false
	}
	return want.Range == nil || want.Range.Has(int64(port))
}
