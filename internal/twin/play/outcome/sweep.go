package outcome

import (
	"time"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/evidence"
)

// Sweep is what came of many runs that differ in a few values.
type Sweep struct {
	Name     string          `json:"name"`
	Kernel   evidence.Kernel `json:"kernel"`
	Seed     uint64          `json:"seed"`
	Duration time.Duration   `json:"duration_ns,omitempty"` // 0: of a scenario
	Axes     []Axis          `json:"axes"`
	Cells    []Cell          `json:"cells"` // the last axis varies fastest
	Scenario bool            `json:"scenario"`
	Stopped  bool            `json:"interrupted,omitempty"`
}

// Axis is one value that is varied.
type Axis struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
	// Numbers are the values if all are numbers; else nil.
	Numbers []float64 `json:"-"`
}

// Cell is one run of a sweep.
type Cell struct {
	Values       []string       `json:"values"`
	Played       bool           `json:"played"`
	Verdict      claims.Verdict `json:"verdict,omitempty"` // of a scenario
	Why          string         `json:"why,omitempty"`     // not played, or of a scenario
	FirstFailure Moment         `json:"first_failure"`
	FirstSlow    Moment         `json:"first_slow"`
	Tried        uint64         `json:"tried"`
	Failed       uint64         `json:"failed"`
	Most         int            `json:"most_mini_sockets"`
}
