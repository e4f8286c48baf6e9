package cli

import (
	"context"
	"errors"
	"io"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/view/tui"
)

// tape winds a recording. A recording can only be read forward: what was read
// last is kept, and further back the file is read again from its start.
type tape struct {
	path   string
	reader *replay // stands at look number next
	next   int
	kept   [tapeKept]*evidence.Snapshot // look n at n % tapeKept, the last ones before next
}

// tapeKept bounds the looks in memory: a busy host's has some megabytes.
const tapeKept = 16

func openTape(path string) (*tape, error) {
	t := &tape{path: path}
	return t, t.rewind()
}

// rewind opens the file again; on an error the tape cannot be used any more.
func (t *tape) rewind() error {
	src, err := openRecording(t.path, nil)
	if err != nil {
		return err
	}
	if t.reader != nil {
		t.reader.Close()
	}
	t.reader, t.next, t.kept = src, 0, [tapeKept]*evidence.Snapshot{}
	return nil
}

// At returns look n; io.EOF beyond the last of a whole recording.
func (t *tape) At(ctx context.Context, n int) (*evidence.Snapshot, error) {
	if n < t.next && n >= t.next-tapeKept {
		return t.kept[n%tapeKept], nil
	}
	if n < t.next {
		if err := t.rewind(); err != nil {
			return nil, err
		}
	}
	for t.next <= n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		snap, err := t.reader.Next(ctx)
		if err != nil {
			return nil, err
		}
		t.kept[t.next%tapeKept] = snap
		t.next++
	}
	return t.kept[n%tapeKept], nil
}

// Moments reads the recording to its end or to its damage, beside At. Its
// error does not repeat the path: there is one recording on the screen.
func (t *tape) Moments(ctx context.Context) ([]tui.Moment, error) {
	src, err := openRecording(t.path, nil)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	var moments []tui.Moment
	var damage *recordingError
	for ctx.Err() == nil {
		snap, err := src.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return moments, nil
		case errors.As(err, &damage):
			return moments, damage.err
		case err != nil:
			return moments, err
		}
		moments = append(moments, tui.MomentOf(snap))
	}
	return moments, ctx.Err()
}

// Close closes the file.
func (t *tape) Close() { t.reader.Close() }
