package claims

import (
	"fmt"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/scenario"
)

// Verdict is what the kernel said to a claim.
type Verdict string

// The verdicts.
const (
	Proved      Verdict = "PROVED"
	NotSo       Verdict = "NOT SO HERE"
	NotTestable Verdict = "NOT TESTABLE HERE"
)

// Result is the verdict on the claim of a scenario.
type Result struct {
	Name    string        `json:"name"`
	Claim   string        `json:"claim"`
	Verdict Verdict       `json:"verdict"`
	Why     string        `json:"why,omitempty"`  // of any verdict but Proved: the case, the step, what was expected and what came
	Hint    string        `json:"hint,omitempty"` // what would make it testable
	Note    string        `json:"note,omitempty"` // what the scenario says of kernels like this one
	Took    time.Duration `json:"took_ns"`
	Plays   []Play        `json:"plays"`
}

// Play is what happened in one play of a scenario.
type Play struct {
	Case     string             `json:"case,omitempty"`
	Verdict  Verdict            `json:"verdict"`
	Why      string             `json:"why,omitempty"`
	Hint     string             `json:"hint,omitempty"` // what would make it testable
	Measured []Measure          `json:"measured"`       // in the order of the steps
	Timeline *evidence.Timeline `json:"-"`              // nil unless it was asked for
}

// Measure is what was found at an expectation, or what a call gave.
type Measure struct {
	Line  int    `json:"line"`            // in the scenario file
	Label string `json:"label,omitempty"` // of the step
	Step  string `json:"step"`            // the step in words
	About string `json:"about"`           // the host, program or socket that was looked at, or the call
	Got   string `json:"got"`
	Holds bool   `json:"holds"`
	// Telling: a reader wants to see it even if all is well. Calls that merely
	// succeed, as they must, are not.
	Telling bool `json:"telling,omitempty"`
}

// Judge sums up the plays of a file on a kernel: one that is NotSo decides, else one that
// is NotTestable.
func Judge(f *scenario.File, kernel evidence.Kernel, plays []Play, took time.Duration) Result {
	r := Result{Name: f.Name, Claim: f.Claim, Verdict: Proved, Took: took, Plays: plays}
	for _, verdict := range []Verdict{NotSo, NotTestable} {
		for _, p := range plays {
			if p.Verdict != verdict || r.Verdict != Proved {
				continue
			}
			r.Verdict, r.Why, r.Hint = verdict, p.Why, p.Hint
			if p.Case != "" {
				r.Why = p.Case + ": " + r.Why
			}
		}
	}
	if r.Verdict != Proved {
		r.Note = note(f, kernel)
	}
	return r
}

// note returns what the scenario says of this kernel.
func note(f *scenario.File, kernel evidence.Kernel) string {
	for _, n := range f.Notes {
		if (n.Before == "" || !kernel.AtLeast(release(n.Before))) && (n.Since == "" || kernel.AtLeast(release(n.Since))) {
			return n.Says
		}
	}
	return ""
}

// release splits "6.14"; package scenario has checked it.
func release(s string) (major, minor int) {
	_, _ = fmt.Sscanf(s, "%d.%d", &major, &minor)
	return major, minor
}
