package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe"
	"github.com/linger-dev/linger/internal/view/escape"
)

type recordCmd struct {
	File        string        `arg:"" type:"path" help:"The recording; until it is whole it grows under FILE.partial."`
	Every       time.Duration `placeholder:"D" default:"5s" help:"Take a snapshot every D."`
	For         time.Duration `placeholder:"D" help:"End after D, such as 10m. Default: until Ctrl-C."`
	Connections bool          `help:"Also record each connection that closes, for linger trace --from."`
	Netns       string        `placeholder:"NAME|PID|all" help:"Record this network namespace instead of linger's own."`
}

// Validate refuses contradictions; kong calls it.
func (c *recordCmd) Validate() error {
	switch {
	case c.Every < 100*time.Millisecond:
		return errors.New("--every takes at least 100ms")
	case c.For < 0:
		return errors.New("--for takes a positive duration")
	}
	return nil
}

// Run records until it is told to end; what was recorded until then is whole.
func (c *recordCmd) Run(p *program) (err error) {
	if err := onlyLinux(); err != nil {
		return err
	}
	w, err := evidence.Create(c.File, "linger "+version())
	if err != nil {
		return err
	}
	r := recording{recordCmd: c, p: p, out: w}
	err = r.run()
	return errors.Join(err, r.end(w.Close()))
}

// recording is a recording under way.
type recording struct {
	*recordCmd
	p *program

	// mu guards all below: snapshots and connections come from two goroutines.
	// A write to the disk is waited for under it.
	mu     sync.Mutex
	out    *evidence.Writer
	err    error // of writing
	closed uint64
	looks  int
	last   *evidence.Snapshot
}

func (r *recording) run() error {
	ctx, stop := context.WithCancel(r.p.ctx)
	if r.For > 0 {
		ctx, stop = context.WithTimeout(r.p.ctx, r.For)
	}
	defer stop()
	each := r.connection
	if !r.Connections {
		each = nil
	}
	opts := observe.Options{Selector: r.Netns, Deep: true, Settle: min(settle, r.Every/2)}
	w, gap, err := watch(r.p, r.Netns, 0, each)
	switch {
	case err != nil:
		return err
	case gap != nil:
		fmt.Fprintf(r.p.err, "linger: %s\n", escape.Text(gap.String(), unicodeLocale()))
		opts.Gaps = append(opts.Gaps, *gap)
	default:
		opts.Ledger = w.Ledger
		if err := keepForLooks(); err != nil {
			return errors.Join(err, w.Close())
		}
		defer w.Close() //nolint:errcheck // it only read
	}
	o, err := observe.Open(opts)
	if err != nil {
		return err
	}
	defer o.Close()
	return r.look(ctx, o)
}

// look takes snapshots until ctx ends, and one more then, so that what came
// after the last is seen too.
func (r *recording) look(ctx context.Context, o *observe.Observer) error {
	tick := time.NewTicker(r.Every)
	defer tick.Stop()
	for last := false; !last; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			last = true
		}
		if err := r.take(context.WithoutCancel(ctx), o); err != nil {
			return err
		}
	}
	return nil
}

func (r *recording) take(ctx context.Context, o *observe.Observer) error {
	snap, err := o.Look(ctx)
	if err != nil {
		return err
	}
	if _, err := judge(ctx, o, snap); err != nil { // it looks up the owners that findings name
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = r.out.Write(snap)
	}
	if r.err == nil {
		r.looks, r.last = r.looks+1, snap
		if r.p.errTTY {
			fmt.Fprintf(r.p.err, "\r\x1b[K%s", r.progress())
		}
	}
	return r.err
}

// connection records one connection; an error ends the recording at the next
// look.
func (r *recording) connection(c *evidence.Closed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = r.out.WriteClosed(c)
		r.closed++
	}
}

// progress says what was recorded so far.
func (r *recording) progress() string {
	text := fmt.Sprintf("%d snapshots", r.looks)
	if r.looks == 1 {
		text = "1 snapshot"
	}
	if r.Connections {
		text += fmt.Sprintf(", %d connections", r.closed)
	}
	covered, ownerless := r.last.Covered()
	if r.last.Traced != nil && ownerless > 0 {
		text += fmt.Sprintf("; who made %d of %d lingering sockets was seen", covered, ownerless)
	}
	return text
}

// end says what there is now.
func (r *recording) end(failed error) error {
	if r.p.errTTY && r.looks > 0 {
		fmt.Fprint(r.p.err, "\r\x1b[K")
	}
	if failed != nil || r.last == nil {
		return failed
	}
	size := ""
	if info, err := os.Stat(r.File); err == nil && info.Mode().IsRegular() {
		size = fmt.Sprintf(" (%d kB)", (info.Size()+999)/1000)
	}
	name := escape.Text(r.File, unicodeLocale())
	_, err := fmt.Fprintf(r.p.out, "%s%s: %s\nread it with: linger check --from %s --last\n", name, size, r.progress(), name)
	return err
}
