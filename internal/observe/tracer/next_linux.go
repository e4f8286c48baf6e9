package tracer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cilium/ebpf/ringbuf"
)

// patience is how long a record may wait in a ring that is nearly empty: the
// kernel wakes the reader only when a quarter of it is full.
const patience = 100 * time.Millisecond

// Next waits for the next record. It fails with ctx's error, at most a tenth
// of a second late, with os.ErrClosed after Close, and with
// errors.ErrUnsupported without Options.Records. Callers from several
// goroutines take turns.
func (t *Tracer) Next(ctx context.Context) (Record, error) {
	if t.ring == nil {
		return Record{}, fmt.Errorf("next record: none were asked for: %w", errors.ErrUnsupported)
	}
	var raw *ringbuf.Record
	select {
	case raw = <-t.raw:
	case <-ctx.Done():
		return Record{}, ctx.Err()
	}
	defer func() { t.raw <- raw }()
	for {
		if err := ctx.Err(); err != nil {
			return Record{}, err
		}
		err := t.ring.ReadInto(raw)
		switch {
		case err == nil:
			return decode(raw.RawSample)
		case errors.Is(err, os.ErrDeadlineExceeded):
			t.ring.SetDeadline(time.Now().Add(patience))
		default:
			return Record{}, fmt.Errorf("next record: %w", err)
		}
	}
}

func ringSize(opts Options) int {
	if !opts.Records {
		return os.Getpagesize()
	}
	size := os.Getpagesize()
	for size < opts.RingBytes {
		size *= 2
	}
	return size
}
