package cli

import (
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe"
	"github.com/linger-dev/linger/internal/view"
)

type statesCmd struct {
	lookFlags
	traceFlags
	By string `placeholder:"owner|destination|source|service" enum:",owner,destination,source,service" default:"" help:"Break the counts down by this."`
}

// Validate refuses contradictions; kong calls it.
func (c *statesCmd) Validate() error { return c.valid(&c.lookFlags) }

// Run counts sockets per state.
func (c *statesCmd) Run(p *program) error {
	reporter := c.reporter(p)
	byOwner := c.By == "owner"
	trace := c.Trace
	if !byOwner {
		trace = 0
	}
	return c.run(p, observe.Options{Owners: byOwner}, trace, func(src source, snap *evidence.Snapshot) error {
		if byOwner {
			everything := func(string, evidence.Key) bool { return true }
			if err := src.Resolve(p.ctx, snap, everything); err != nil {
				return err
			}
		}
		states, err := view.StatesOf(snap, c.By)
		if err != nil {
			return err
		}
		return reporter.States(states)
	})
}
