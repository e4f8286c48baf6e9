package remedy

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
)

// Setting is one sysctl to write in one namespace.
type Setting struct {
	Namespace string `json:"namespace"`
	Key       string `json:"key"`  // as sysctl(8) names it: "net.ipv4.tcp_tw_reuse"
	From      string `json:"from"` // what it is now; what undoes the change
	To        string `json:"to"`
}

// Command returns the command line that makes the change.
func (s Setting) Command() string { return s.write(s.To) }

// UndoCommand returns the command line that takes the change back.
func (s Setting) UndoCommand() string { return s.write(s.From) }

func (s Setting) write(value string) string {
	return rule.In(&evidence.Namespace{Name: s.Namespace}, fmt.Sprintf("sysctl -w %s=%s", s.Key, shell(value)))
}

// shell quotes a value that the shell would split. Values are numbers and
// lists of ports, never a stranger's text.
func shell(value string) string {
	if value == "" || strings.ContainsAny(value, " \t") {
		return `"` + value + `"`
	}
	return value
}

// The keys that remedies write.
const (
	keyRange      = "net.ipv4.ip_local_port_range"
	keyReserved   = "net.ipv4.ip_local_reserved_ports"
	keyReuse      = "net.ipv4.tcp_tw_reuse"
	keyReuseDelay = "net.ipv4.tcp_tw_reuse_delay"
	keyRecycle    = "net.ipv4.tcp_tw_recycle"
	keyTimestamps = "net.ipv4.tcp_timestamps"
	keyBuckets    = "net.ipv4.tcp_max_tw_buckets"
	keyFinTimeout = "net.ipv4.tcp_fin_timeout"
	keyRetries    = "net.ipv4.tcp_orphan_retries"
)

// number returns where a setting with one number is kept, or nil.
func number(s *evidence.Settings, key string) *evidence.Int {
	switch key {
	case keyReuse:
		return &s.TWReuse
	case keyReuseDelay:
		return &s.TWReuseDelay
	case keyRecycle:
		return &s.TWRecycle
	case keyTimestamps:
		return &s.Timestamps
	case keyBuckets:
		return &s.MaxTWBuckets
	case keyFinTimeout:
		return &s.FinTimeout
	case keyRetries:
		return &s.OrphanRetries
	}
	return nil
}

// Apply returns settings as they are after changes, which must be of a plan. s
// itself stays as it is.
func Apply(s evidence.Settings, changes []Setting) (evidence.Settings, error) {
	for _, c := range changes {
		if err := apply(&s, c.Key, c.To); err != nil {
			return s, fmt.Errorf("%s=%s: %w", c.Key, shell(c.To), err)
		}
	}
	return s, nil
}

func apply(s *evidence.Settings, key, value string) error {
	switch key {
	case keyRange:
		var low, high uint16
		if _, err := fmt.Sscan(value, &low, &high); err != nil {
			return fmt.Errorf("read port range: %w", err)
		}
		s.PortLow, s.PortHigh = evidence.IntOf(int64(low)), evidence.IntOf(int64(high))
		return nil
	case keyReserved:
		set, err := evidence.ParsePorts(value)
		s.Reserved = set
		return err
	}
	into := number(s, key)
	if into == nil {
		return fmt.Errorf("no remedy writes this setting")
	}
	v, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return fmt.Errorf("read number: %w", err)
	}
	*into = evidence.IntOf(v)
	return nil
}

// change returns the setting that makes a number n; false if what it is now is
// not known, because it could not be undone, or if it is n already.
func change(ns *evidence.Namespace, key string, n int64) (Setting, bool) {
	now, known := number(&ns.Settings, key).Get()
	if !known || now == n {
		return Setting{}, false
	}
	return Setting{Namespace: ns.Name, Key: key, From: fmt.Sprint(now), To: fmt.Sprint(n)}, true
}

// Changes returns what the kernel's remedies among these write, each key of a
// namespace once and in an order that is safe: ports are reserved before the
// range is widened, timestamps are on before connections rely on them. Where
// two remedies reserve ports, the ports of both are.
func Changes(remedies []Remedy) []Setting {
	var out []Setting
	at := make(map[[2]string]int)
	for _, r := range remedies {
		for _, s := range r.Settings {
			id := [2]string{s.Namespace, s.Key}
			i, known := at[id]
			if !known {
				at[id] = len(out)
				out = append(out, s)
				continue
			}
			out[i].To = join(s.Key, out[i].To, s.To)
		}
	}
	return sorted(out)
}

// join returns the value that serves both.
func join(key, a, b string) string {
	if key != keyReserved {
		return b
	}
	one, err1 := evidence.ParsePorts(a)
	two, err2 := evidence.ParsePorts(b)
	if err1 != nil || err2 != nil {
		return b
	}
	one.Union(two)
	return one.String()
}
