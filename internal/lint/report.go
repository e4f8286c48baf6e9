package lint

import (
	"cmp"
	"slices"

	"github.com/linger-dev/linger/internal/evidence"
)

// Finding is the judgement of one setting.
type Finding struct {
	Key   string
	Value string // as it is written
	By    By
	Place        // the zero Place: the running kernel has it, and no file sets it
	Scope string // what it is for within its file

	Verdict  Verdict
	Believed Message   // what people set it for
	Does     Message   // what it does on this kernel
	Reason   Message   // why the verdict
	Notes    []Message // what else is to know: limits, interactions
	Instead  Message   // what to do; empty: nothing

	References []string
	Claims     []string // of the catalogue of claims

	Overridden []Setting // lines for the same key that lose, in the order in which they are read
	Disagree   *Disagreement
	Live       *Drift
}

// Setting is a value and where it is written.
type Setting struct {
	Place
	Value string `json:"value"`
}

// Disagreement is what the other program than the one that runs at boot makes
// of the files. Set is nil if it does not set the key at all.
type Disagreement struct {
	Program Program  `json:"program"`
	Set     *Setting `json:"set"`
}

// Drift is a difference between the running kernel and what the next boot will
// set.
type Drift struct {
	Now  string  `json:"now"`  // the running kernel's value
	Then string  `json:"then"` // after the next boot
	What Message `json:"what"`
}

// Report is the answer of `linger lint`.
type Report struct {
	Kernel   evidence.Kernel // the release that was judged for
	Running  bool            // it is the running one, and its live values were looked at
	Files    []string        // what was read, in order
	Boot     Program         // what applies the files at boot; "" if they are no system's
	Masked   []Masked
	Findings []Finding // worst first
	Others   int       // settings in the files that have nothing to do with the subject
	Problems []Problem
}

// Worst returns the worst verdict, or 0 if nothing was judged.
func (r *Report) Worst() Verdict {
	worst := Verdict(0)
	for i := range r.Findings {
		worst = max(worst, r.Findings[i].Verdict)
	}
	return worst
}

// Count returns how many settings have a verdict.
func (r *Report) Count(v Verdict) (n int) {
	for i := range r.Findings {
		if r.Findings[i].Verdict == v {
			n++
		}
	}
	return n
}

// Unread reports whether something could not be read at all.
func (r *Report) Unread() bool {
	return slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Fatal })
}

// Exit returns the exit status: 0 nothing to say above harmless, 1 something
// useless, gone or without such a key, or a line that is no assignment, 2
// something harmful, 3 something could not be read.
func (r *Report) Exit() int {
	if r.Unread() {
		return 3
	}
	exit := r.Worst().Exit()
	if exit == 0 && len(r.Problems) > 0 {
		return 1
	}
	return exit
}

// sort puts the worst first, and equals in the order of the table.
func (r *Report) sort() {
	rank := make(map[string]int)
	for i, key := range Keys() {
		rank[key] = i + 1
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(-cmp.Compare(a.Verdict, b.Verdict), cmp.Compare(rank[a.Key], rank[b.Key]), a.Place.compare(b.Place),
			cmp.Compare(a.Key, b.Key), cmp.Compare(a.Scope, b.Scope))
	})
}
