// Package portspace computes how many connections can still be opened from
// one address to one destination: the budget of local ports, by the rules of
// Linux's automatic port choice (net/ipv4/inet_hashtables.c,
// __inet_hash_connect; net/ipv4/tcp_ipv4.c, tcp_twsk_unique). All functions
// are pure.
package portspace

import (
	"time"

	"github.com/linger-dev/linger/internal/evidence"
)

// Budget is how the ports that automatic connect() may choose from are spent
// for one outbound group: Size = Reserved + Bound + Live + TimeWait + Free.
type Budget struct {
	Key   evidence.Key       `json:"group"`
	Range evidence.PortRange `json:"-"`
	Size  int                `json:"size"` // ports in the range

	Reserved int `json:"reserved"`  // in ip_local_reserved_ports
	Bound    int `json:"bound"`     // not reserved, but held by an explicit bind() on any address: skipped for every destination
	Live     int `json:"live"`      // neither of these, in use toward this destination in another state than TIME_WAIT, mini-sockets in FIN_WAIT2 included
	TimeWait int `json:"time_wait"` // neither of these, held by TIME_WAIT toward this destination
	Reusable int `json:"reusable"`  // of TimeWait: connect() may take them over now
	Free     int `json:"free"`      // not held by anything

	Left  Left  `json:"left"`
	Reuse Reuse `json:"reuse"`
}

// Left is how many more connections can be opened now if none ends.
// Min and Max differ by at most one, for a range with an odd number of ports:
// one search then looks at one port less than the range has.
type Left struct {
	Min int `json:"min"`
	Max int `json:"max"`
}

// Used returns how many ports are not available, of how many a fresh group could use.
func (b *Budget) Used() (used, of int) {
	of = b.Size - b.Reserved - b.Bound
	return of - b.Left.Max, of
}

// Out reports whether the next connect() must fail with EADDRNOTAVAIL.
func (b *Budget) Out() bool { return b.Left.Max == 0 }

// Reuse says whether connect() may take over TIME_WAIT ports of a group, and
// why.
type Reuse struct {
	Allowed bool          `json:"allowed"`
	Delay   time.Duration `json:"delay_ns"` // how old the TIME_WAIT must be
	Because string        `json:"because"`  // one clause
	Cause   ReuseCause    `json:"-"`        // the same as a word
}

// ReuseCause is why TIME_WAIT ports may be taken over or not.
type ReuseCause string

// The causes.
const (
	ReuseAllowed      ReuseCause = "allowed"
	ReuseUnknown      ReuseCause = "unknown"       // tcp_tw_reuse could not be read
	ReuseOff          ReuseCause = "off"           // tcp_tw_reuse is 0
	ReuseLoopbackOnly ReuseCause = "loopback only" // tcp_tw_reuse is 2
	ReuseNoTimestamps ReuseCause = "no timestamps" // tcp_timestamps is 0
)
