package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe"
	"github.com/linger-dev/linger/internal/view"
	"github.com/linger-dev/linger/internal/view/json"
	"github.com/linger-dev/linger/internal/view/text"
)

// lookFlags are what every reading command takes.
type lookFlags struct {
	JSON  bool          `help:"Print JSON; docs/json.md describes it."`
	Netns string        `placeholder:"NAME|PID|all" help:"Look into this network namespace instead of linger's own."`
	From  string        `placeholder:"FILE" type:"path" help:"Read a recording instead of the kernel."`
	Save  string        `placeholder:"FILE" type:"path" help:"Also record what was seen."`
	Watch time.Duration `placeholder:"D" help:"Look again every D, such as 5s, until interrupted."`
	Rows  int           `default:"20" help:"Rows per table at most; 0 for all."`
}

// Validate refuses contradictions; kong calls it.
func (f *lookFlags) Validate() error {
	switch {
	case f.From != "" && f.Netns != "":
		return errors.New("--from and --netns exclude each other: a recording holds the namespaces it was made of")
	case f.From != "" && f.Watch != 0:
		return errors.New("--from and --watch exclude each other: a recording does not change")
	case f.Watch < 0:
		return errors.New("--watch takes a positive duration")
	case f.Watch > 0 && f.Watch < 100*time.Millisecond:
		return errors.New("--watch takes at least 100ms")
	case f.Rows < 0:
		return errors.New("--rows takes 0 or more")
	}
	return nil
}

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
	file   *os.File
	reader *evidence.Reader
}

func (r *replay) Next(context.Context) (*evidence.Snapshot, error) { return r.reader.Next() }

func (r *replay) Resolve(context.Context, *evidence.Snapshot, observe.Wanted) error { return nil }

func (r *replay) Close() {
	r.reader.Close()
	r.file.Close()
}

func (f *lookFlags) open(opts observe.Options) (source, error) {
	if f.From != "" {
		file, err := os.Open(f.From)
		if err != nil {
			return nil, fmt.Errorf("open recording: %w", err)
		}
		reader, err := evidence.NewReader(file)
		if err != nil {
			file.Close()
			return nil, fmt.Errorf("read %s: %w", f.From, err)
		}
		return &replay{file: file, reader: reader}, nil
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

// run shows every snapshot of the source through show, and records it. What
// could still be read of a broken recording has been shown when run returns
// its error.
func (f *lookFlags) run(p *program, opts observe.Options, show func(source, *evidence.Snapshot) error) (err error) {
	src, err := f.open(opts)
	if err != nil {
		return err
	}
	defer src.Close()
	record, done, err := f.recorder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	for n := 0; ; n++ {
		snap, err := src.Next(p.ctx)
		if errors.Is(err, io.EOF) || n > 0 && errors.Is(err, context.Canceled) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := show(src, snap); err != nil {
			return err
		}
		if err := record(snap); err != nil {
			return err
		}
	}
}

func (f *lookFlags) recorder() (record func(*evidence.Snapshot) error, done func() error, err error) {
	if f.Save == "" {
		return func(*evidence.Snapshot) error { return nil }, func() error { return nil }, nil
	}
	w, err := evidence.Create(f.Save, "linger "+version())
	if err != nil {
		return nil, nil, err
	}
	return w.Write, w.Close, nil
}

func (f *lookFlags) reporter(p *program) view.Reporter {
	if f.JSON {
		return json.New(p.out)
	}
	o := p.textOptions()
	o.Rows = f.Rows
	return text.New(p.out, o)
}
