package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/evidence"
)

// Claims is the answer of `linger lab run`.
type Claims struct {
	Kernel  evidence.Kernel
	Took    time.Duration
	Results []claims.Result // in the order to be shown
	// Mutants: what was played is the change beside each claim that makes it
	// false, so that NotSo is what must come.
	Mutants bool
	Detail  bool // show every measured value, not only the telling ones
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

// Headline is the answer in one sentence.
func (c *Claims) Headline() string {
	proved, not, untested := c.Count(claims.Proved), c.Count(claims.NotSo), c.Count(claims.NotTestable)
	if c.Mutants {
		proved, not = not, proved
	}
	var parts []string
	for _, part := range []struct {
		n    int
		word string
	}{{proved, c.good()}, {not, c.bad()}, {untested, "not testable here"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.word))
		}
	}
	all := fmt.Sprintf("%d claims: ", len(c.Results))
	if len(c.Results) == 1 {
		all = "1 claim: "
	}
	return all + strings.Join(parts, ", ")
}

func (c *Claims) good() string {
	if c.Mutants {
		return "refuted once changed, as it must be"
	}
	return "proved"
}

func (c *Claims) bad() string {
	if c.Mutants {
		return "still proved although changed"
	}
	return "not so here"
}

// Claim is a line of the catalogue.
type Claim struct {
	Name    string        `json:"name"`
	Claim   string        `json:"claim"`
	Topics  []string      `json:"topics"`
	Sources []string      `json:"sources"`
	Length  time.Duration `json:"length_ns"` // about how long it takes
}
