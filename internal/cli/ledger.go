package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe/closes"
	"github.com/linger-dev/linger/internal/observe/tracer"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/rules"
)

// traceFlags are for commands that name the makers of lingering sockets.
type traceFlags struct {
	Trace time.Duration `placeholder:"D" default:"3s" help:"Where sockets linger, watch connections close for D before looking, to see who closes them; 0 does not."`
}

// valid refuses contradictions, of both kinds of flags.
func (f *traceFlags) valid(look *lookFlags) error {
	if f.Trace < 0 {
		return errors.New("--trace takes 0 or more")
	}
	return look.Validate()
}

// watching is a tracer that has been at work since some time.
type watching struct {
	*closes.Ledger
	p     *program
	since time.Time
	least time.Duration
}

// watch begins to watch who closes connections. Where that is not possible,
// the gap says why, and what is lost by it.
func watch(p *program, netns string, least time.Duration, each func(*evidence.Closed)) (*watching, *evidence.Gap, error) {
	l, err := closes.OpenLedger(p.ctx, netns, each)
	var refused *tracer.UnavailableError
	if errors.As(err, &refused) {
		gap := refused.Gap()
		gap.Hint = strings.Replace(gap.Hint, "linger trace", "linger", 1)
		return nil, &gap, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return &watching{Ledger: l, p: p, since: time.Now(), least: least}, nil, nil
}

// worth reports whether to watch on before the first answer: if there are
// sockets whose makers the reader will ask for.
func (w *watching) worth(snap *evidence.Snapshot) bool {
	const many = 100
	if w == nil || time.Since(w.since) >= w.least {
		return false
	}
	_, ownerless := snap.Covered()
	return ownerless >= many || len(rule.Wanted(rule.Judge(rules.All(), snap))) > 0
}

// rest waits until it has been watched long enough.
func (w *watching) rest(ctx context.Context) error {
	left := w.least - time.Since(w.since)
	if w.p.errTTY {
		fmt.Fprintf(w.p.err, "watching for %v who closes connections (--trace 0 does not)", left.Round(100*time.Millisecond))
		defer fmt.Fprint(w.p.err, "\r\x1b[K")
	}
	select {
	case <-time.After(left):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
