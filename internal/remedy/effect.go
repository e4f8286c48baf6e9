package remedy

import (
	"time"

	"github.com/linger-dev/linger/internal/evidence"
)

// Measure says what the numbers of an Effect count.
type Measure string

// The measures.
const (
	Ports   Measure = "ports"   // local ports toward one destination, or toward any new one
	Buckets Measure = "buckets" // TIME_WAIT sockets of a namespace
	Orphans Measure = "orphans" // sockets in FIN_WAIT2 that nobody holds
)

// Effect is what a remedy does to one group of connections.
type Effect struct {
	Measure Measure       `json:"measure"`
	Group   *evidence.Key `json:"group,omitempty"` // nil: the namespace, or a destination that is not used yet
	// Rate is the present closes per second. Where no port is left it is a
	// lower bound of what is wanted: connections that were not made do not close.
	Rate     float64 `json:"rate"`
	Before   Outlook `json:"before"`
	After    Outlook `json:"after"`
	Assuming string  `json:"assuming,omitempty"` // what After rests on beside the evidence, in one clause
	AtTwice  *Future `json:"at_twice,omitempty"` // After at twice the traffic, if a twin was asked
	Room     float64 `json:"room"`               // how many times Rate fits into After.Limit; 0 if there is no rate or no limit
	Ends     bool    `json:"ends"`               // After has room for twice the present rate
}

// Outlook is how one group stands and where it is heading.
type Outlook struct {
	Of    int `json:"of"`    // how many there may be: ports a new group could use, or TIME_WAIT sockets; 0 if not bounded
	Left  int `json:"left"`  // how many more there may be now
	Waits int `json:"waits"` // how many are held in the long run at the present rate, live ones included
	// Limit is how many of today's connections per second may close for ever; 0
	// if TIME_WAIT sets no limit.
	Limit  float64       `json:"limit_per_second"`
	Never  bool          `json:"never"`            // at the present rate the limit is not reached
	In     time.Duration `json:"in_ns"`            // else when it is, from the snapshot; 0: now
	Memory uint64        `json:"memory,omitempty"` // bytes of kernel memory at most, for Buckets

	// Twin: Never and In are what a simulated kernel does, not arithmetic; and so
	// are Early, Late and Until, which Future explains.
	Twin  bool          `json:"twin,omitempty"`
	Early time.Duration `json:"early_ns,omitempty"`
	Late  time.Duration `json:"late_ns,omitempty"`
	Until time.Duration `json:"until_ns,omitempty"`
}

// enough reports whether twice the present rate leaves the fifth of the ports
// free below which rule ports-low warns. held is how long a close keeps a port.
func enough(o *Outlook, live int, rate float64, held time.Duration) bool {
	const full = 0.8
	return o.Of > 0 && float64(live)+2*rate*held.Seconds() <= full*float64(o.Of)
}
