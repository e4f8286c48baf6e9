package cli

import (
	"bufio"
	"errors"
	"io"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/view"
)

// replay writes the connections of a recording. What could still be read of a
// broken one has been written when it returns its error.
func (c *traceCmd) replay(p *program) error {
	src, err := openRecording(c.From, p.in)
	if err != nil {
		return err
	}
	defer src.Close()
	out := bufio.NewWriter(p.out)
	t := tracing{traceCmd: c, page: c.page(p, out), flush: out.Flush, sum: view.NewTraceSum()}
	t.sum.Filtered = c.any()
	if err := t.page.titles(); err != nil {
		return err
	}
	var broken error
	if err := t.recorded(src.reader); !errors.Is(err, io.EOF) {
		broken = &recordingError{c.From, err}
	}
	return errors.Join(t.page.end(t.sum), t.flush(), broken)
}

// recorded writes a line for each connection, until the recording ends: io.EOF
// if it is whole, or enough was read.
func (t *tracing) recorded(r *evidence.Reader) error {
	var first, last time.Time
	for {
		c, err := r.NextClosed()
		if known := r.Traced(); known != nil {
			t.sum.Traced = *known
		}
		if err != nil {
			return err
		}
		if first.IsZero() || c.At.Before(first) {
			first = c.At
		}
		if c.At.After(last) {
			last = c.At
		}
		t.sum.Took = last.Sub(first)
		if !t.traceFilter.closed(c) {
			continue
		}
		t.sum.Add(c)
		if err := t.page.closed(c); err != nil {
			return err
		}
		if t.full() {
			return io.EOF
		}
	}
}
