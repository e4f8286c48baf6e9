package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/observe/closes"
	"github.com/linger-dev/linger/internal/view"
)

type traceCmd struct {
	traceFilter
	Failures bool          `help:"Instead: connect() without a free port (EADDRNOTAVAIL), bind() and listen() where one is taken (EADDRINUSE)."`
	Netns    string        `placeholder:"NAME|PID" help:"Only this network namespace. Default: all of the host."`
	From     string        `placeholder:"FILE" type:"path" help:"Read a recording made with linger record --connections instead of the kernel; - is standard input."`
	JSON     bool          `help:"Print JSON, one object a line; docs/json.md describes it."`
	Wide     bool          `help:"Show all columns and cut nothing, however long the lines become. Default where standard output is no terminal."`
	For      time.Duration `placeholder:"D" help:"End after D, such as 10s."`
	Count    int           `placeholder:"N" help:"End after N lines."`
}

// Validate refuses contradictions; kong calls it.
func (c *traceCmd) Validate() error {
	_, err := c.prefix()
	switch {
	case err != nil:
		return err
	case c.Failures && (c.Lingering || c.State != ""):
		return errors.New("--failures excludes --lingering and --state: a call that fails leaves nothing")
	case c.From != "" && (c.Netns != "" || c.Failures || c.For != 0):
		return errors.New("--from excludes --netns, --failures and --for")
	case c.For < 0:
		return errors.New("--for takes a positive duration")
	case c.Count < 0:
		return errors.New("--count takes 0 or more")
	}
	return nil
}

// Run writes lines until it is interrupted, or enough was seen, or nobody
// reads any more: none of that is a failure.
func (c *traceCmd) Run(p *program) error {
	if c.From != "" {
		return c.replay(p)
	}
	if err := onlyLinux(); err != nil {
		return err
	}
	w, err := closes.Open(p.ctx, closes.Options{Netns: cmp.Or(c.Netns, "all"), Closed: !c.Failures})
	if err != nil {
		return err
	}
	if err := keepForNames(); err != nil {
		return errors.Join(err, w.Close())
	}
	signal.Ignore(syscall.SIGPIPE) // writing to a pipe that nobody reads then fails with EPIPE
	err = errors.Join(c.watch(p, w), w.Close())
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

func (c *traceCmd) watch(p *program, w *closes.Watch) error {
	ctx, stop := context.WithCancel(p.ctx)
	if c.For > 0 {
		ctx, stop = context.WithTimeout(p.ctx, c.For)
	}
	defer stop()
	if file, ok := p.out.(*os.File); ok {
		go whenUnread(int(file.Fd()), stop)
	}
	out := bufio.NewWriter(p.out)
	t := tracing{traceCmd: c, watch: w, page: c.page(p, out), flush: out.Flush, sum: view.NewTraceSum(), began: time.Now()}
	t.sum.Filtered = c.any()
	if err := errors.Join(t.page.titles(), t.flush()); err != nil {
		return err
	}
	lines := t.closed
	if c.Failures {
		lines = t.failures
	}
	if err := lines(ctx); err != nil {
		return err
	}
	return t.end()
}

// whenUnread calls stop when the other end of a pipe is closed, which writing
// would notice only with the next line. It waits as long as the program runs:
// to wake now and then took half of what an idle trace costs.
func whenUnread(fd int, stop func()) {
	const forever = -1
	fds := []unix.PollFd{{Fd: int32(fd)}} // of interest is only POLLERR, which always is
	_, err := unix.Poll(fds, forever)
	for errors.Is(err, unix.EINTR) {
		_, err = unix.Poll(fds, forever)
	}
	if err == nil && fds[0].Revents&unix.POLLERR != 0 {
		stop()
	}
}

// tracing is a trace under way.
type tracing struct {
	*traceCmd
	watch *closes.Watch
	page  tracePage
	flush func() error
	sum   *view.TraceSum
	began time.Time
	lines int
}

// closed writes a line for each connection that closes.
func (t *tracing) closed(ctx context.Context) error {
	f, stop := follow(ctx, t.watch)
	defer stop()
	for c := range f.seen {
		if !t.traceFilter.closed(c) {
			continue
		}
		t.sum.Add(c)
		if err := t.page.closed(c); err != nil {
			return err
		}
		if t.full() {
			return nil
		}
		if len(f.seen) == 0 {
			if err := t.flush(); err != nil {
				return err
			}
		}
	}
	t.sum.Traced = f.traced
	return f.err
}

// full counts a line, and reports whether it was the last that is wanted.
func (t *tracing) full() bool {
	t.lines++
	t.sum.Enough = t.Count > 0 && t.lines >= t.Count
	return t.sum.Enough
}

// failures writes a line whenever calls failed that are alike. The kernel
// counts them, so that a program that tries in a loop makes few lines.
func (t *tracing) failures(ctx context.Context) error {
	const every = 200 * time.Millisecond
	tick := time.NewTicker(every)
	defer tick.Stop()
	for last := false; !last; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			last = true
		}
		grown, err := t.watch.Failed()
		if err != nil {
			return err
		}
		for i := range grown {
			if !t.failed(&grown[i]) {
				continue
			}
			t.sum.AddFailed(&grown[i])
			if err := t.page.failed(&grown[i]); err != nil {
				return err
			}
			if t.full() {
				return nil
			}
		}
		if err := t.flush(); err != nil {
			return err
		}
	}
	return nil
}

// end writes who made what, and what was not seen.
func (t *tracing) end() (err error) {
	t.sum.Took = time.Since(t.began)
	if t.sum.Traced.Since.IsZero() {
		if t.sum.Traced, err = t.watch.Traced(); err != nil {
			return err
		}
	}
	if err := t.page.end(t.sum); err != nil {
		return err
	}
	return t.flush()
}
