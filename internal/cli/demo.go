package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/linger-dev/linger/internal/demo"
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe"
	"github.com/linger-dev/linger/internal/view"
	"github.com/linger-dev/linger/internal/view/text"
)

type demoCmd struct {
	Problem string `enum:"ports,close-wait,bind,restart" default:"ports" help:"Which problem: ports (they run out), close-wait (a leak), bind (a service cannot), restart (of a server)."`
}

// Run plays a demonstration, as root of a user namespace if linger is not
// root.
func (c *demoCmd) Run(p *program) error {
	self, err := p.private()
	if err != nil {
		return err
	}
	options := p.textOptions()
	options.Rows = 5
	err = demo.Run(p.ctx, c.Problem, demo.Options{
		Out: p.out, Executable: self, Show: text.New(p.out, options),
		Judge: func(ctx context.Context, o *observe.Observer, snap *evidence.Snapshot) (view.Report, error) {
			findings, err := judge(ctx, o, snap)
			return view.ReportOf(snap, findings), err
		},
	})
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(p.err, "linger: interrupted; the private network is gone")
	}
	return err
}
