package outcome

import (
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/say"
)

// Moment is when something happened first.
type Moment struct {
	Happened bool          `json:"happened"`
	At       time.Duration `json:"at_ns,omitempty"`
	Number   uint64        `json:"number,omitempty"`  // of the connection among all that were tried, from 1
	Visited  int           `json:"visited,omitempty"` // ports that its search looked at
}

// Run is what came of traffic over one host.
type Run struct {
	Name     string          `json:"name"`
	About    string          `json:"about,omitempty"`
	Kernel   evidence.Kernel `json:"kernel"`
	HZ       int             `json:"hz"`
	Seed     uint64          `json:"seed"`
	Duration time.Duration   `json:"duration_ns"` // that was to be played
	Played   time.Duration   `json:"played_ns"`
	Streams  []Stream        `json:"streams"`

	Tried  uint64 `json:"tried"`
	Opened uint64 `json:"opened"`
	Failed uint64 `json:"failed"`
	Closed uint64 `json:"closed"`

	// FirstFailure is the first connection that found no port; FirstSlow the first
	// whose search had to look at more than the ports of one parity.
	FirstFailure Moment `json:"first_failure"`
	FirstSlow    Moment `json:"first_slow"`

	// Fullest is the outbound group of which most ports were in use at once.
	Fullest Group   `json:"fullest"`
	Groups  []Group `json:"groups"` // at the end, fullest first
	Most    int     `json:"most_mini_sockets"`
	Refused uint64  `json:"time_wait_overflow"` // mini-sockets that tcp_max_tw_buckets did not let be
	Reused  uint64  `json:"time_wait_recycled"`
	Points  []Point `json:"points"`
	Events  []Event `json:"events"`
}

// Stream is a stream of the file, in words.
type Stream struct {
	Name   string        `json:"name"`
	Path   string        `json:"path"` // where from and where to
	Rate   float64       `json:"rate_per_second"`
	Closes string        `json:"closes"`
	Hold   time.Duration `json:"hold_ns"`
}

// Group is all connections between one pair of addresses to one service port.
type Group struct {
	Path     string `json:"path"`
	Outbound bool   `json:"outbound"`
	Ports    int    `json:"ports"` // that it may have; 0 if inbound
	Used     int    `json:"used"`  // ports, or connections of an inbound one
	TimeWait int    `json:"time_wait"`
}

// Point is the state of a host at one instant, and what happened since the point
// before it.
type Point struct {
	At      time.Duration `json:"at_ns"`
	Minis   int           `json:"mini_sockets"`
	Live    int           `json:"live"`
	Used    int           `json:"used"`    // ports of the fullest outbound group
	Tried   uint64        `json:"tried"`   // connections
	Failed  uint64        `json:"failed"`  // of them
	Visited float64       `json:"visited"` // ports that a search looked at, on average
	Longest int           `json:"longest"` // ports that the longest search looked at
}

// Event is something that happened while it ran.
type Event struct {
	At   time.Duration `json:"at_ns"`
	Text say.Text      `json:"text"`
}
