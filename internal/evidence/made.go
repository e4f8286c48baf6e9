package evidence

import (
	"net/netip"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// Made says which processes made some of a tally's sockets that no descriptor
// holds any more (mini-sockets and orphans). A tracer saw them close, so it is
// exact, also if they are gone since.
type Made struct {
	// PIDs are the processes: those that closed, or where nobody is known to
	// have closed, those that opened. One as a rule; of a program that runs in
	// very many processes only some.
	PIDs      []int  `json:"pids"`
	Processes int    `json:"processes"` // how many they were
	States    Counts `json:"states"`
}

// Ownerless returns how many of t's sockets were closed and linger:
// mini-sockets, and orphans on their way there. No descriptor holds them, so
// only a tracer knows who Made them. A connection that waits to be accepted
// has no descriptor either, but is none of these.
func (t *Tally) Ownerless() uint64 {
	n := t.States[tcp.TimeWait] + t.MiniFinWait2
	for state, orphans := range t.Orphans {
		if Closing(tcp.State(state)) {
			n += orphans
		}
	}
	return n
}

// Closing reports whether an orphan in this state was closed by its process.
func Closing(s tcp.State) bool {
	return s == tcp.FinWait1 || s == tcp.FinWait2 || s == tcp.Closing || s == tcp.LastAck
}

// Covered returns how many of t's ownerless sockets a tracer saw closing.
func (t *Tally) Covered() uint64 {
	var n uint64
	for i := range t.Made {
		n += t.Made[i].States.Total()
	}
	return n
}

// Covered sums Tally.Covered and Tally.Ownerless over all tallies.
func (s *Snapshot) Covered() (covered, ownerless uint64) {
	for i := range s.Namespaces {
		for j := range s.Namespaces[i].Tallies {
			t := &s.Namespaces[i].Tallies[j]
			covered += t.Covered()
			ownerless += t.Ownerless()
		}
	}
	return covered, ownerless
}

// Connects is how long connect() took toward one destination: from the call
// until its SYN was sent, which is mostly the search for a local port. The
// network's round trip is no part of it.
type Connects struct {
	Addr   netip.AddrPort `json:"addr"`
	Micros []uint64       `json:"micros"`           // Micros[i]: how many took less than 2^(i+1) µs, and at least 2^i, but for i=0
	Failed uint64         `json:"failed,omitempty"` // beside them, those that found no port
}

// Count returns how many calls there were.
func (c *Connects) Count() (n uint64) {
	for _, v := range c.Micros {
		n += v
	}
	return n
}

// Quantile returns a time that the given share of the calls, from 0 to 1,
// did not exceed: the upper bound of its class, so at most twice too long. 0
// without calls.
func (c *Connects) Quantile(share float64) time.Duration {
	n := c.Count()
	var sum uint64
	for i, v := range c.Micros {
		if sum += v; n > 0 && float64(sum) >= share*float64(n) {
			return time.Duration(1<<min(i+1, 40)) * time.Microsecond
		}
	}
	return 0
}
