package cli

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe/closes"
)

// following reads closed connections beside the one who writes them: a slow
// terminal must not keep /proc from being asked in time.
type following struct {
	seen chan *evidence.Closed // closed at the end

	// These are to be read after the end.
	traced evidence.Traced // what had been seen when the end came
	err    error

	read atomic.Uint64 // connections that came
	upTo atomic.Uint64 // how many of them to wait for; noEnd before the end
}

const (
	ahead = 4096
	noEnd = ^uint64(0)
	grace = 500 * time.Millisecond // for what is on its way at the end; the kernel hands over ten times a second
)

// follow reads until ctx ends, and then as far as had been seen by then, so
// that what was counted and what was listed agree. The function that it returns
// ends it at once.
func follow(ctx context.Context, w *closes.Watch) (f *following, stop func()) {
	f = &following{seen: make(chan *evidence.Closed, ahead)}
	f.upTo.Store(noEnd)
	reading, cancel := context.WithCancel(context.WithoutCancel(ctx))
	counted := make(chan error, 1)
	go func() {
		select {
		case <-ctx.Done():
		case <-reading.Done():
			counted <- nil
			return
		}
		var err error
		f.traced, err = w.Traced()
		f.upTo.Store(f.traced.Closed - min(f.traced.Lost, f.traced.Closed))
		counted <- err
		if f.complete() {
			cancel()
		}
		time.AfterFunc(grace, cancel)
	}()
	go func() {
		defer close(f.seen)
		err := f.readAll(reading, w)
		cancel()
		if f.err = <-counted; f.err == nil && ctx.Err() == nil {
			f.err = err
		}
	}()
	return f, func() {
		cancel()
		for range f.seen { // until nobody uses w any more
		}
	}
}

func (f *following) complete() bool { return f.read.Load() >= f.upTo.Load() }

func (f *following) readAll(ctx context.Context, w *closes.Watch) error {
	for {
		c, err := w.Next(ctx)
		if err != nil {
			return err
		}
		select {
		case f.seen <- c:
		case <-ctx.Done():
			return ctx.Err()
		}
		if f.read.Add(1); f.complete() {
			return nil
		}
	}
}
