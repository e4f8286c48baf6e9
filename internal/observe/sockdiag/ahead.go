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

// ahead is a dump that is received on a goroutine of its own while its owner
// decodes what came before: the kernel walks its tables inside recvfrom(2), so
// a processor would otherwise idle. Until release, that goroutine alone uses
// the transport.
type ahead struct {
	client *Client
	full   chan stretch
	free   chan []byte
	stop   context.CancelFunc
	ended  bool // written by the goroutine, read after full is closed
}

// receiveAhead starts receiving the rest of the dump that was begun.
func (c *Client) receiveAhead(ctx context.Context) *ahead {
	a := &ahead{client: c, full: make(chan stretch, aheadBuffers), free: make(chan []byte, aheadBuffers)}
	for len(c.spare) < aheadBuffers {
		c.spare = append(c.spare, make([]byte, aheadBatch*bufferSize))
	}
	for _, buf := range c.spare {
		a.free <- buf
	}
	ctx, a.stop = context.WithCancel(ctx)
	go a.receive(ctx)
	return a
}

func (a *ahead) receive(ctx context.Context) {
	defer close(a.full)
	for {
		var buf []byte
		select {
		case buf = <-a.free:
		case <-ctx.Done():
			a.full <- stretch{err: cancelled(ctx)}
			return
		}
		s := stretch{data: buf[:0]}
		for len(s.data)+bufferSize <= len(buf) && s.err == nil && !a.ended {
			var next []byte
			next, s.err = a.client.receive(ctx, buf[len(s.data):len(s.data)+bufferSize])
			a.ended = s.err == nil && !startsWithRow(next)
			s.data = buf[:len(s.data)+len(next)]
		}
		a.full <- s
		if s.err != nil || a.ended {
			return
		}
	}
}

// decode takes in a stretch and gives its buffer back.
func (a *ahead) decode(s stretch, p *progress) (done bool, err error) {
	if len(s.data) > 0 {
		if done, err := p.take(a.client, s.data); err != nil || done {
			return done, err
		}
	}
	a.free <- s.data[:cap(s.data)]
	return false, s.err
}

// release waits until the goroutine has let go of the transport.
func (a *ahead) release() {
	a.stop()
	for range a.full {
		continue
	}
	if a.ended {
		a.client.open = false
	}
}

func errNoEnd() error { return &Error{Op: opDump, Words: "the dump ended without a word"} }
