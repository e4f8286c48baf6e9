package rawpeer

import (
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// Side is an end of the link between a Peer and its kernel.
type Side uint8

// The sides. The zero Side is neither, or in a Rule both.
const (
	Kernel Side = iota + 1
	Raw
)

// String returns "kernel" or "raw".
func (s Side) String() string {
	switch s {
	case Kernel:
		return "kernel"
	case Raw:
		return "raw"
	}
	return "both"
}

// Disturbance is what the link does to a segment.
type Disturbance string

// The disturbances.
const (
	Lose      Disturbance = "lose"
	Delay     Disturbance = "delay"     // by Rule.By
	Duplicate Disturbance = "duplicate" // the copy comes Rule.By later
	Reorder   Disturbance = "reorder"   // it comes after the next one of the same sender, but after Rule.By at the latest if that is not 0
)

// Match selects segments.
type Match struct {
	Any   bool      // all; the other fields do not count
	Flags tcp.Flags // exactly these, PSH aside
	Data  *bool     // with data, without, or nil: either
}

// Matches reports whether a segment with these flags and so many bytes of data
// is selected.
func (m Match) Matches(f tcp.Flags, data int) bool {
	if m.Any {
		return true
	}
	return f&^tcp.PSH == m.Flags&^tcp.PSH && (m.Data == nil || *m.Data == (data > 0))
}

// Rule changes the fate of segments.
type Rule struct {
	Do    Disturbance
	From  Side // the sender; 0: either
	Match Match
	Skip  int // so many matching ones pass first
	Times int // then so many are disturbed; 0: one; negative: all
	By    time.Duration
	// Chance disturbs a matching segment only with this probability; 0: always.
	// The dice are the rule's own and begin with Seed.
	Chance float64
	Seed   uint64
}
