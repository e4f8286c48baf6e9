package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/rules"
	"github.com/linger-dev/linger/internal/view"
	"github.com/linger-dev/linger/internal/view/tui"
)

type topCmd struct {
	Netns    string        `placeholder:"NAME|PID|all" help:"Look into this network namespace instead of linger's own."`
	From     string        `placeholder:"FILE" type:"path" help:"Show a recording, wound by keys, instead of the kernel."`
	Interval time.Duration `placeholder:"D" default:"1s" help:"Look again every D."`
}

// Validate refuses contradictions; kong calls it.
func (c *topCmd) Validate() error {
	switch {
	case c.From == "-":
		return errors.New("--from - is not for top: standard input brings the keys")
	case c.From != "" && c.Netns != "":
		return errors.New("--from and --netns exclude each other: a recording holds the namespaces it was made of")
	case c.Interval < 100*time.Millisecond:
		return errors.New("--interval takes at least 100ms")
	}
	return nil
}

// errNoScreen is returned where the live view cannot be drawn.
var errNoScreen = errors.New("the live view needs a terminal for its keys and its screen")

// Run shows the live view until it is left.
func (c *topCmd) Run(p *program) error {
	if in, ok := p.in.(*os.File); !ok || !isTerminal(in) || !p.outTTY || os.Getenv("TERM") == "dumb" {
		return errNoScreen
	}
	options := tui.Options{In: p.in, Out: p.out, Unicode: unicodeLocale(), Every: c.Interval}
	if c.From != "" {
		t, err := openTape(c.From)
		if err != nil {
			return err
		}
		defer t.Close()
		if _, err := t.At(p.ctx, 0); errors.Is(err, io.EOF) {
			return tui.ErrEmpty // before the screen is touched
		}
		options.Tape = t
		options.Judge = func(_ context.Context, snap *evidence.Snapshot) (view.Report, error) {
			report := view.ReportOf(snap, rule.Judge(rules.All(), snap))
			report.Forecast = future(snap, nil)
			return report, nil
		}
		return tui.Run(p.ctx, options)
	}
	look := lookFlags{Netns: c.Netns}
	src, err := look.open(p, observe.Options{Deep: true, Settle: settle}, c.Interval)
	if err != nil {
		return err
	}
	defer src.Close()
	if err := keepForLooks(); err != nil {
		return err
	}
	w := watcher{Observer: src.(*live).Observer}
	options.Look, options.Judge = w.Look, w.judge
	return tui.Run(p.ctx, options)
}
