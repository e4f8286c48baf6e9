package closes

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/netns"
	"github.com/linger-dev/linger/internal/observe/tracer"
)

// Options says what to watch.
type Options struct {
	// Netns selects the network namespace, as netns.Select understands it: ""
	// is the caller's own, "all" watches all of the host.
	Netns string
	// Closed makes Next return closed connections. Without it the kernel makes
	// no records, and only Failed and Traced are useful.
	Closed bool
}

// source is the tracer, or what a test plays.
type source interface {
	Next(ctx context.Context) (tracer.Record, error)
	Find(cookie uint64) (tracer.Life, bool, error)
	Failures() ([]tracer.Failure, error)
	Connecting() ([]tracer.Connecting, error)
	AddListener(l tracer.Listener) error
	Coverage() (tracer.Coverage, error)
	Close() error
}

// Watch watches connections end. Next may run beside Traced; else it is not
// safe for concurrent use.
type Watch struct {
	source source
	people *people
	told   map[failure]uint64 // how many of each failure were returned
	gaps   []evidence.Gap
}

// failure is what makes failed calls alike, as in the tracer's own table, which
// bounds how many there are.
type failure struct {
	process identity
	netns   uint64
	call    tracer.Call
	addr    string
	bound   bool
}

const proc = "/proc"

// Open begins to watch. It fails with a *tracer.UnavailableError where kernel
// or rights do not allow that, with a *netns.Error where the namespace cannot
// be had. Who listens already is looked up at once, so that the openers of what
// is accepted are known; what of that failed is a gap. The caller closes the
// Watch.
func Open(ctx context.Context, opts Options) (*Watch, error) {
	spaces, unseen, err := netns.Select(opts.Netns)
	if err != nil {
		return nil, err
	}
	defer func() {
		for _, s := range spaces {
			_ = s.Close()
		}
	}()
	var cookie uint64
	if opts.Netns != "all" {
		if cookie, err = cookieOf(spaces[0]); err != nil {
			return nil, err
		}
	}
	t, err := tracer.Open(tracer.Options{Records: opts.Closed, Namespace: cookie})
	if err != nil {
		return nil, err
	}
	w := newWatch(t, proc)
	if opts.Closed {
		w.gaps = introduce(ctx, t, spaces, unseen)
	}
	return w, nil
}

func newWatch(s source, root string) *Watch {
	return &Watch{source: s, people: newPeople(root, newCgroups()), told: make(map[failure]uint64)}
}

func cookieOf(space *netns.Namespace) (cookie uint64, err error) {
	err = space.Do(func() error {
		cookie, err = tracer.NamespaceCookie()
		return err
	})
	return cookie, err
}

// Next waits for the next connection that ends. It fails with ctx's error at
// most a tenth of a second late.
func (w *Watch) Next(ctx context.Context) (*evidence.Closed, error) {
	for {
		r, err := w.source.Next(ctx)
		if err != nil {
			return nil, fmt.Errorf("watch connections close: %w", err)
		}
		if r.Event == tracer.Closed {
			return w.closed(&r), nil
		}
	}
}

// Failed returns the failed calls that grew in number since it was called
// before, the oldest first. It does not wait.
func (w *Watch) Failed() ([]evidence.FailedCall, error) {
	all, err := w.source.Failures()
	if err != nil {
		return nil, fmt.Errorf("watch calls fail: %w", err)
	}
	var grown []evidence.FailedCall
	for i := range all {
		f := &all[i]
		key := failure{identityOf(f.Owner), f.Namespace, f.Call, f.Addr.String(), f.Bound}
		if f.Count <= w.told[key] {
			continue
		}
		call := w.failed(f)
		call.Fresh = f.Count - w.told[key]
		w.told[key] = f.Count
		grown = append(grown, call)
	}
	slices.SortFunc(grown, func(a, b evidence.FailedCall) int {
		return cmp.Or(a.At.Compare(b.At), a.Addr.Compare(b.Addr), cmp.Compare(a.Call, b.Call))
	})
	return grown, nil
}

// Traced says how much was seen so far.
func (w *Watch) Traced() (evidence.Traced, error) {
	c, err := w.source.Coverage()
	if err != nil {
		return evidence.Traced{}, fmt.Errorf("watch connections close: %w", err)
	}
	return evidence.Traced{
		Since: c.Since, Exact: c.Exact,
		Closed: c.Closed, Lost: c.Lost, UnknownOwner: c.NoOwner, UnknownCloser: c.NoCloser, Failures: c.Failures,
		Gaps: slices.Concat(w.gaps, w.people.gaps(), c.Gaps()),
	}, nil
}

// Close ends the watch; what was counted is gone.
func (w *Watch) Close() error { return w.source.Close() }
