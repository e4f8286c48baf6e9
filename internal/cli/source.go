package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe"
)

// source yields snapshots, from the kernel or a file; io.EOF after the last.
type source interface {
	Next(ctx context.Context) (*evidence.Snapshot, error)
	resolver
	Close()
}

// live looks at the kernel.
type live struct {
	*observe.Observer
	every time.Duration
	looks int
	watch *watching     // nil without a tracer
	blind *evidence.Gap // why there is none; nil if none was wanted
}

// Close ends the looking, and the tracing.
func (l *live) Close() {
	l.Observer.Close()
	if l.watch != nil {
		_ = l.watch.Close() // it only read
	}
}

func (l *live) Next(ctx context.Context) (*evidence.Snapshot, error) {
	switch {
	case l.looks == 0:
	case l.every == 0:
		return nil, io.EOF
	default:
		select {
		case <-time.After(l.every):
		case <-ctx.Done():
			return nil, io.EOF
		}
	}
	l.looks++
	snap, err := l.Look(ctx)
	if err == nil && l.looks == 1 && l.watch.worth(snap) {
		if err := l.watch.rest(ctx); err != nil {
			return nil, err
		}
		snap, err = l.Look(ctx)
	}
	if err != nil {
		return nil, err
	}
	if _, ownerless := snap.Covered(); l.blind != nil && ownerless > 0 { // else nobody asks
		snap.Gaps = append(snap.Gaps, *l.blind)
	}
	return snap, nil
}

// replay reads a recording. What it holds of owners was resolved when it was
// made.
type replay struct {
	path   string
	file   io.Closer
	reader *evidence.Reader
	last   bool // only the last snapshot
}

func (r *replay) Next(context.Context) (*evidence.Snapshot, error) {
	snap, err := r.reader.Next()
	for r.last && err == nil {
		var later *evidence.Snapshot
		if later, err = r.reader.Next(); err != nil {
			return snap, nil // the error comes again
		}
		snap = later
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, &recordingError{r.path, err}
	}
	return snap, err
}

func (r *replay) Resolve(context.Context, *evidence.Snapshot, observe.Wanted) error { return nil }

func (r *replay) Close() {
	r.reader.Close()
	r.file.Close()
}

// open opens the recording, or the kernel: with a tracer that watches for
// some time first if trace is not 0.
func (f *lookFlags) open(p *program, opts observe.Options, trace time.Duration) (source, error) {
	if f.From != "" {
		r, err := openRecording(f.From, p.in)
		if err != nil {
			return nil, err
		}
		r.last = f.Last
		return r, nil
	}
	if err := onlyLinux(); err != nil {
		return nil, err
	}
	opts.Selector = f.Netns
	l := &live{every: f.Watch}
	if trace > 0 {
		w, gap, err := watch(p, f.Netns, trace, nil)
		switch {
		case err != nil:
			return nil, err
		case gap != nil:
			l.blind = gap
		default:
			l.watch, opts.Ledger = w, w.Ledger
		}
	}
	o, err := observe.Open(opts)
	if err != nil {
		return nil, err
	}
	l.Observer = o
	return l, nil
}

func openRecording(path string, stdin io.Reader) (*replay, error) {
	file := io.NopCloser(stdin)
	if path != "-" {
		opened, err := os.Open(path)
		if err != nil {
			return nil, &recordingError{path, err}
		}
		file = opened
	}
	reader, err := evidence.NewReader(file)
	if err != nil {
		file.Close()
		return nil, &recordingError{path, err}
	}
	return &replay{path: path, file: file, reader: reader}, nil
}
