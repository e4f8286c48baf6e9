package outcome

import (
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/say"
)

// Fleet is what came of traffic over many hosts that differ in their load.
type Fleet struct {
	Name     string          `json:"name"`
	About    string          `json:"about,omitempty"`
	Kernel   evidence.Kernel `json:"kernel"`
	HZ       int             `json:"hz"`
	Seed     uint64          `json:"seed"`
	Duration time.Duration   `json:"duration_ns"`
	Load     say.Text        `json:"load"` // the distribution in words
	Hosts    int             `json:"hosts"`
	Played   int             `json:"played"` // fewer if it was interrupted
	Streams  []Stream        `json:"streams"`

	Tried   uint64 `json:"tried"`
	Opened  uint64 `json:"opened"`
	Failed  uint64 `json:"failed"`
	Hit     int    `json:"hosts_that_fail"`
	Refused uint64 `json:"time_wait_overflow"`

	// Calm is the highest rate of outbound connections at which no host failed
	// and none with a lower rate did; Wall the lowest at which one failed. In
	// connections per second; 0: there is none.
	Calm float64 `json:"calm_rate"`
	Wall float64 `json:"wall_rate"`

	Quantiles []Quantile `json:"first_failures"` // of the times of the hosts that fail
	First     []Host     `json:"first_hosts"`    // those that failed first
	Rates     []Quantile `json:"rates"`          // of all hosts
	Timeline  []Bar      `json:"timeline"`       // when hosts failed first
}

// Quantile is a value that so many percent of all do not exceed.
type Quantile struct {
	Percent float64       `json:"percent"`
	At      time.Duration `json:"at_ns,omitempty"`
	Rate    float64       `json:"rate_per_second,omitempty"`
}

// Host is one host of a fleet.
type Host struct {
	No           int     `json:"no"` // from 1
	Rate         float64 `json:"rate_per_second"`
	FirstFailure Moment  `json:"first_failure"`
	FirstSlow    Moment  `json:"first_slow"`
	Tried        uint64  `json:"tried"`
	Failed       uint64  `json:"failed"`
	Most         int     `json:"most_mini_sockets"`
}

// Bar is how many hosts failed for the first time in a part of the run.
type Bar struct {
	From  time.Duration `json:"from_ns"`
	Until time.Duration `json:"until_ns"`
	Hosts int           `json:"hosts"`
}
