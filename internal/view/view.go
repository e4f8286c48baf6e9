// Package view says what views are given to show. Views are peers: text,
// JSON, and later others read the same values, and none of them looks at the
// host or judges anything.
package view

import (
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/forecast"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/rule"
)

// Report is the answer of `linger check`.
type Report struct {
	Snapshot *evidence.Snapshot
	Groups   []Group // the outbound groups that have a budget, in the order to be shown
	Findings []rule.Finding
	Forecast *forecast.Forecast // what comes next; nil: none was made
}

// Worst returns the most severe finding, the first of equals, or nil.
func (r *Report) Worst() *rule.Finding {
	var worst *rule.Finding
	for i := range r.Findings {
		if f := &r.Findings[i]; worst == nil || f.Severity > worst.Severity {
			worst = f
		}
	}
	return worst
}

// Group is the budget of one outbound group and what becomes of it.
type Group struct {
	Namespace  string
	Tally      *evidence.Tally
	Budget     portspace.Budget
	Projection portspace.Projection
}

// Reporter shows answers. An error is one of writing.
type Reporter interface {
	Check(Report) error
	States(States) error
	Claims(Claims) error
}

// Word returns the word for a severity as it is shown: "OK" is an Info.
func Word(s rule.Severity) string {
	switch s {
	case rule.Critical:
		return "CRITICAL"
	case rule.Warning:
		return "WARNING"
	case rule.Info:
		return "OK"
	}
	return "UNKNOWN"
}
