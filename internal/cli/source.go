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
	return l.Look(ctx)
}

// replay reads a recording. What it holds of owners was resolved when it was
// made.
type replay struct {
	path   string
	file   io.Closer
	reader *evidence.Reader
}

func (r *replay) Next(context.Context) (*evidence.Snapshot, error) {
	snap, err := r.reader.Next()
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

func (f *lookFlags) open(stdin io.Reader, opts observe.Options) (source, error) {
	if f.From != "" {
		return openRecording(f.From, stdin)
	}
	if err := onlyLinux(); err != nil {
		return nil, err
	}
	opts.Selector = f.Netns
	o, err := observe.Open(opts)
	if err != nil {
		return nil, err
	}
	return &live{Observer: o, every: f.Watch}, nil
}

func openRecording(path string, stdin io.Reader) (source, error) {
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
