package portspace

import (
	"net/netip"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
)

// Account says what every port of the range is used for, seen from an
// automatic connect() toward one destination. The counts after Size sum up to
// it.
type Account struct {
	Range evidence.PortRange `json:"-"`
	Size  int                `json:"size"`

	Reserved int `json:"reserved"` // in ip_local_reserved_ports

	// Ports that connect() passes over whatever its destination, because of a
	// user that bound them:
	Listening  int `json:"listening"`
	Accepted   int `json:"accepted"`   // inbound connections of a listener that is gone, or after bind() to port 0
	Idle       int `json:"idle"`       // bound and nothing more
	Chosen     int `json:"chosen"`     // live connections from a port that a program chose
	Lingering  int `json:"lingering"`  // mini-sockets whose port a program chose, or a listener gave
	Remembered int `json:"remembered"` // nobody is left, or none of these, but the kernel goes on as if

	// Ports in use toward this destination:
	Live     int `json:"live"`
	FinWait2 int `json:"fin_wait2"` // mini-sockets, never taken over
	Reusable int `json:"reusable"`  // in TIME_WAIT, and connect() may take them over now
	Young    int `json:"young"`     // in TIME_WAIT, and will be reusable when older
	Blocked  int `json:"blocked"`   // in TIME_WAIT to its end

	Free int `json:"free"`

	Left  Left  `json:"left"`  // how many more connections can be opened now
	Reuse Reuse `json:"reuse"` // what the settings allow
	// Sure is false where ports can be bound without being seen.
	Sure bool `json:"sure"`
	// Next is when the first port that is not available now becomes so by
	// itself, if that is known.
	Next  time.Duration `json:"next_ns,omitempty"`
	Timed bool          `json:"timed,omitempty"`
	// Probes is how many ports connect() looks at until it finds one, or
	// until it gives up, at the average over its random starting points.
	Probes int `json:"probes"`
}

// Bound is the sum of the ports that connect() passes over for every
// destination.
func (a *Account) Bound() int {
	return a.Listening + a.Accepted + a.Idle + a.Chosen + a.Lingering + a.Remembered
}

// TimeWait is the number of ports in TIME_WAIT toward the destination.
func (a *Account) TimeWait() int { return a.Reusable + a.Young + a.Blocked }

// Budget returns the account as a budget, for Runout.
func (a *Account) Budget(k evidence.Key) Budget {
	return Budget{
		Key: k, Range: a.Range, Size: a.Size, Reserved: a.Reserved, Bound: a.Bound(), Live: a.Live + a.FinWait2,
		TimeWait: a.TimeWait(), Reusable: a.Reusable, Free: a.Free, Left: a.Left, Reuse: a.Reuse,
	}
}

// AccountOf sorts all ports of u's range.
func AccountOf(settings *evidence.Settings, u *evidence.PortUse, src, dst netip.Addr) Account {
	a := Account{Range: u.Range, Size: u.Range.Len(), Sure: u.Exact, Reuse: reuseNow(settings, u, src, dst)}
	waiting := make(map[uint16]*evidence.PortWait, len(u.Waiting))
	for i := range u.Waiting {
		waiting[u.Waiting[i].Port] = &u.Waiting[i]
	}
	available := new(evidence.PortSet)
	for i := range a.Size {
		p := u.Range.Low + uint16(i)
		class := a.class(settings, u, p, waiting[p])
		*class++
		if class == &a.Free || class == &a.Reusable {
			available.Add(p)
		}
	}
	a.Left, a.Probes = leftOf(u.Range, available), probes(u.Range, available)
	return a
}

// reuseNow is ReuseOf, but where the old connections say themselves whether
// they had timestamps, the setting of now does not matter (tcp_twsk_unique).
func reuseNow(settings *evidence.Settings, u *evidence.PortUse, src, dst netip.Addr) Reuse {
	if !u.Exact {
		return ReuseOf(settings, src, dst)
	}
	stamped := *settings
	stamped.Timestamps = evidence.IntOf(1)
	return ReuseOf(&stamped, src, dst)
}

// class returns the count that a port belongs to, and learns when it ends.
func (a *Account) class(settings *evidence.Settings, u *evidence.PortUse, p uint16, w *evidence.PortWait) *int {
	switch {
	case settings.Reserved.Has(p):
		return &a.Reserved
	case u.Listening.Has(p) && u.Bound.Has(p):
		return &a.Listening
	case u.Idle.Has(p) && u.Bound.Has(p):
		return &a.Idle
	case u.Chosen.Has(p) && u.Bound.Has(p):
		return &a.Chosen
	case u.Accepted.Has(p) && u.Bound.Has(p):
		return &a.Accepted
	case u.Lingering.Has(p) && u.Bound.Has(p):
		return &a.Lingering
	case u.Bound.Has(p):
		return &a.Remembered
	case u.Live.Has(p):
		return &a.Live
	case u.FinWait2.Has(p):
		return &a.FinWait2
	case w == nil:
		return &a.Free
	}
	return a.wait(w)
}

func (a *Account) wait(w *evidence.PortWait) *int {
	if !a.Reuse.Allowed || w.Stamped == evidence.No {
		a.next(w.Left)
		return &a.Blocked
	}
	if w.Age > a.Reuse.Delay {
		return &a.Reusable
	}
	a.next(a.Reuse.Delay - w.Age)
	return &a.Young
}

// next learns when a port comes back; a snapshot does not tell that of single
// ports.
func (a *Account) next(d time.Duration) {
	if !a.Sure {
		return
	}
	if !a.Timed || d < a.Next {
		a.Next, a.Timed = d, true
	}
}

// leftOf is how many connects can succeed on these ports. One search of a
// range of odd size leaves out a port, see Space.left.
func leftOf(span evidence.PortRange, available *evidence.PortSet) Left {
	n, have := span.Len(), available.Len()
	last := available.Has(span.High)
	switch {
	case n%2 == 0 || n == 1:
		return Left{Min: have, Max: have}
	case n == 3 && last:
		return Left{Min: have - 1, Max: have - 1}
	case n > 3 && (last || available.Has(span.Low)):
		return Left{Min: have - 1, Max: have}
	}
	return Left{Min: have, Max: have}
}

// probes is how many ports a search looks at: all of one parity, from a random
// one on, before those of the other.
func probes(span evidence.PortRange, available *evidence.PortSet) int {
	first := (span.Len() + 1) / 2
	have := 0
	for p := range available.All() {
		if p%2 == span.Low%2 {
			have++
		}
	}
	second, rest := span.Len()-first, available.Len()-have
	switch {
	case have > 0:
		return max(1, (first+1)/(have+1))
	case rest > 0:
		return first + max(1, (second+1)/(rest+1))
	}
	return first + second
}
