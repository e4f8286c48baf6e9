package sockdiag

import "context"

const (
	// aheadAfter is how many datagrams a dump must have before a second
	// goroutine is worth its cost: about five thousand sockets.
	aheadAfter = 16
	// aheadBatch is how many datagrams are handed over at once: waking the
	// other goroutine costs more than decoding one.
	aheadBatch = 3
	// aheadBuffers bounds how far the kernel's walk runs ahead, in batches.
	aheadBuffers = 3
)

// stretch is datagrams one after another; netlink aligns each to four bytes.
type stretch struct {
	data []byte
	err  error // what ended the receiving after data
}

// receiveAhead receives the rest of a dump on a goroutine of its own, while
// take decodes what came before: the kernel walks its tables inside
// recvfrom(2), so a processor would otherwise idle. The transport is used by
// that goroutine alone until receiveAhead returns.
func (c *Client) receiveAhead(ctx context.Context, take func([]byte) (done bool, err error)) error {
	for len(c.spare) < aheadBuffers {
		c.spare = append(c.spare, make([]byte, aheadBatch*bufferSize))
	}
	ctx, stop := context.WithCancel(ctx)
	free, full := make(chan []byte, aheadBuffers), make(chan stretch, aheadBuffers)
	for _, buf := range c.spare {
		free <- buf
	}
	ended := false // written by the goroutine, read after full is closed
	go func() {
		defer close(full)
		for {
			var buf []byte
			select {
			case buf = <-free:
			case <-ctx.Done():
				full <- stretch{err: cancelled(ctx)}
				return
			}
			d := stretch{data: buf[:0]}
			for len(d.data)+bufferSize <= len(buf) && d.err == nil && !ended {
				var next []byte
				next, d.err = c.receive(ctx, buf[len(d.data):len(d.data)+bufferSize])
				ended = d.err == nil && !startsWithRow(next)
				d.data = buf[:len(d.data)+len(next)]
			}
			full <- d
			if d.err != nil || ended {
				return
			}
		}
	}()
	err := c.takeAll(full, free, take)
	stop()
	for range full { // wait until the goroutine has let go of the transport
	}
	if ended {
		c.open = false
	}
	return err
}

func (c *Client) takeAll(full <-chan stretch, free chan<- []byte, take func([]byte) (bool, error)) error {
	for d := range full {
		if len(d.data) > 0 {
			if done, err := take(d.data); err != nil || done {
				return err
			}
		}
		if d.err != nil {
			return d.err
		}
		free <- d.data[:cap(d.data)]
	}
	return &Error{Op: opDump, Words: "the dump ended without a word"}
}
