package poolhttp

import (
	"io"
	"sync/atomic"
	"time"
)

// body reads the rest of a response when it is closed.
type body struct {
	io.ReadCloser
	drainBytes int64
	drainTime  time.Duration
	over       atomic.Bool // read to the end, failed, or closed
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.over.Store(true)
	}
	return n, err
}

// Close waits for at most drainTime for what is left.
func (b *body) Close() error {
	if b.over.Swap(true) {
		return b.ReadCloser.Close()
	}
	// A body of net/http may be closed while it is read: then the read ends.
	late := time.AfterFunc(b.drainTime, func() { b.ReadCloser.Close() })
	defer late.Stop()
	// The end is only seen by reading on when all bytes are there.
	_, _ = io.CopyN(io.Discard, b.ReadCloser, b.drainBytes+1)
	return b.ReadCloser.Close()
}
