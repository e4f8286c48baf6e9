package cli

import (
	"context"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/rules"
	"github.com/linger-dev/linger/internal/view"
)

type checkCmd struct {
	lookFlags
	traceFlags
}

// Validate refuses contradictions; kong calls it.
func (c *checkCmd) Validate() error { return c.valid(&c.lookFlags) }

// settle is long enough to tell a counter that grows from one that grew once,
// and short enough not to be noticed.
const settle = 250 * time.Millisecond

// Run looks, judges and reports; its error carries the exit status.
func (c *checkCmd) Run(p *program) error {
	reporter := c.reporter(p)
	worst := rule.Info
	var before *evidence.Snapshot // the look before, which tells how live connections grow
	err := c.run(p, observe.Options{Deep: true, Settle: settle}, c.Trace, func(src source, snap *evidence.Snapshot) error {
		findings, err := judge(p.ctx, src, snap)
		if err != nil {
			return err
		}
		worst = rule.Worst(findings)
		report := view.ReportOf(snap, findings)
		report.Forecast = future(snap, before)
		before = snap
		return reporter.Check(report)
	})
	if err != nil {
		return err
	}
	return exitCode(worst)
}

// resolver can name the owners of sockets in the last snapshot it made.
type resolver interface {
	Resolve(ctx context.Context, snap *evidence.Snapshot, want observe.Wanted) error
}

// judge runs the rules, looks up the owners that the findings ask for, and
// runs the rules again now that they can be named.
func judge(ctx context.Context, src resolver, snap *evidence.Snapshot) ([]rule.Finding, error) {
	findings := rule.Judge(rules.All(), snap)
	wants := rule.Wanted(findings)
	if len(wants) == 0 {
		return findings, nil
	}
	err := src.Resolve(ctx, snap, func(namespace string, k evidence.Key) bool {
		return slices.ContainsFunc(wants, func(w rule.Want) bool {
			return w.Namespace == namespace && w.Key != nil && *w.Key == k
		})
	})
	if err != nil {
		return nil, err
	}
	return rule.Judge(rules.All(), snap), nil
}
