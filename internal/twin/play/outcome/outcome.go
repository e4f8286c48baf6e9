// Package outcome says what came of a play on the twin: plain data for views,
// which need to know nothing of how it came about.
package outcome

import (
	"time"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/say"
)

// Claim is what the twin says to the claim of a scenario. The verdicts are those
// of the laboratory; "here" is the twin.
type Claim struct {
	claims.Result
	// Reason is Why in every language.
	Reason say.Text `json:"reason,omitzero"`
	// Samples is how the sockets of all hosts came and went, in the first case.
	Samples []Sample `json:"samples,omitempty"`
}

// Claims is what the twin says to the claims of several scenarios.
type Claims struct {
	Kernel  evidence.Kernel
	HZ      int
	Results []Claim // in the order to be shown
	Detail  bool    // show every measured value
}

// Count returns how many results have a verdict.
func (c *Claims) Count(v claims.Verdict) (n int) {
	for i := range c.Results {
		if c.Results[i].Verdict == v {
			n++
		}
	}
	return n
}

// Sample is how many sockets there were at an instant.
type Sample struct {
	At    time.Duration `json:"at_ns"`
	Minis int           `json:"mini_sockets"`
	Live  int           `json:"live"`
}
