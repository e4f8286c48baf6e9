package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/view"
	"github.com/linger-dev/linger/internal/view/json"
	"github.com/linger-dev/linger/internal/view/text"
)

// lookFlags are what every reading command takes.
type lookFlags struct {
	JSON  bool          `help:"Print JSON; docs/json.md describes it."`
	Netns string        `placeholder:"NAME|PID|all" help:"Look into this network namespace instead of linger's own."`
	From  string        `placeholder:"FILE" type:"path" help:"Read a recording instead of the kernel; - is standard input."`
	Last  bool          `help:"Of a recording, only the last snapshot."`
	Save  string        `placeholder:"FILE" type:"path" help:"Also record what was seen."`
	Watch time.Duration `placeholder:"D" help:"Look again every D, such as 5s, until interrupted."`
	Lang  string        `placeholder:"en|zh" enum:",en,zh" default:"" help:"The language of findings: English or Simplified Chinese. Default: the locale's; of JSON: English."`
	Rows  int           `default:"20" help:"Rows per table at most; 0 for all."`
}

// Validate refuses contradictions; kong calls it.
func (f *lookFlags) Validate() error {
	switch {
	case f.From != "" && f.Netns != "":
		return errors.New("--from and --netns exclude each other: a recording holds the namespaces it was made of")
	case f.From != "" && f.Watch != 0:
		return errors.New("--from and --watch exclude each other: a recording does not change")
	case f.Last && f.From == "":
		return errors.New("--last is for recordings: it needs --from")
	case f.Watch < 0:
		return errors.New("--watch takes a positive duration")
	case f.Watch > 0 && f.Watch < 100*time.Millisecond:
		return errors.New("--watch takes at least 100ms")
	case f.Rows < 0:
		return errors.New("--rows takes 0 or more")
	}
	return nil
}

// run shows every snapshot of the source through show, and records it. What
// could still be read of a broken recording has been shown when run returns
// its error.
func (f *lookFlags) run(p *program, opts observe.Options, trace time.Duration, show func(source, *evidence.Snapshot) error) (err error) {
	src, err := f.open(p, opts, trace)
	if err != nil {
		return err
	}
	defer src.Close()
	record, done, err := f.recorder()
	if err != nil {
		return err
	}
	defer func() {
		// A recording that failed says so in both calls.
		if closing := done(); err == nil || errors.Is(closing, err) {
			err = closing
		}
	}()
	for n := 0; ; n++ {
		err := f.step(p, src, n, show, record)
		if errors.Is(err, io.EOF) || n > 0 && errors.Is(err, context.Canceled) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// step takes, shows and records one snapshot; io.EOF after the last.
func (f *lookFlags) step(p *program, src source, n int, show func(source, *evidence.Snapshot) error, record func(*evidence.Snapshot) error) error {
	snap, err := src.Next(p.ctx)
	if err != nil {
		return err
	}
	if n > 0 && !f.JSON {
		if _, err := fmt.Fprintln(p.out); err != nil {
			return fmt.Errorf("write text: %w", err)
		}
	}
	if err := show(src, snap); err != nil {
		return err
	}
	return record(snap)
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
		lang, _ := say.Parse(f.Lang)
		return json.New(p.out).In(lang)
	}
	o := p.textOptions()
	o.Lang = language(f.Lang)
	o.Unicode = o.Unicode || o.Lang == say.Chinese // who asks for it can read it
	o.Rows = f.Rows
	return text.New(p.out, o)
}
