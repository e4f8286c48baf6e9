package sockdiag

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
)

// maxTries is how often a torn dump is started.
const maxTries = 3

// Transport carries datagrams to and from a kernel, real or played. It is
// used by one goroutine at a time.
type Transport interface {
	// Send sends one request.
	Send(request []byte) error
	// Receive waits for one datagram and returns its length, which exceeds
	// len(buf) if the datagram did. If none comes within a fraction of a
	// second it returns os.ErrDeadlineExceeded, so that the caller can
	// look whether it is still wanted.
	Receive(buf []byte) (int, error)
	// Close ends the conversation.
	Close() error
}

// Stats says how a dump went.
type Stats struct {
	Sockets     uint64        // rows of the last attempt
	Torn        int           // attempts that the kernel flagged as inconsistent
	Approximate bool          // the last attempt was torn too
	Took        time.Duration // of all attempts together
}

// Client dumps sockets. It is not safe for concurrent use.
type Client struct {
	transport Transport
	buf       []byte
	request   []byte
	seq       uint32
	open      bool // a dump was begun and its end not seen
	row       row
}

// New returns a Client that speaks over transport, and closes it with Close.
func New(transport Transport) *Client {
	return &Client{transport: transport, buf: make([]byte, bufferSize)}
}

// Close releases the socket. It must not be called during a Dump.
func (c *Client) Close() error { return c.transport.Close() }

// Dump calls each for every socket that req selects. The Socket, and the Info
// in it, are overwritten by the next row.
//
// If the kernel flags the dump as torn, restart (which may be nil) is called,
// what was counted must be forgotten, and the dump is repeated, up to three
// times in all; the last attempt then stands as Approximate. Linux's inet_diag
// walks live hash tables and, up to 6.18, keeps no generation of them (cb->seq)
// that could raise the flag: sockets that change state during a dump may be
// missed or seen twice without a word.
//
// An error of each, and ctx's cancellation, end the dump early; the Client
// can be used again. Errors of the kernel are *Error.
func (c *Client) Dump(ctx context.Context, req Request, each func(*evidence.Socket) error, restart func()) (Stats, error) {
	return repeat(restart, func() (progress, error) {
		p := progress{each: each}
		err := c.attempt(ctx, &req, p.take)
		return p, err
	})
}

// repeat runs attempts until one is not torn.
func repeat(restart func(), attempt func() (progress, error)) (Stats, error) {
	var stats Stats
	start := time.Now()
	for {
		p, err := attempt()
		stats.Sockets, stats.Took = p.rows, time.Since(start)
		if err != nil || !p.torn {
			return stats, err
		}
		stats.Torn++
		if stats.Torn == maxTries {
			stats.Approximate = true
			return stats, nil
		}
		if restart != nil {
			restart()
		}
	}
}

// progress is what an attempt has decoded.
type progress struct {
	each func(*evidence.Socket) error
	rows uint64
	torn bool
}

// take decodes what c received, and reports whether the dump is complete.
func (p *progress) take(c *Client, data []byte) (done bool, err error) {
	b, err := decode(data, c.seq, &c.row, p.each)
	p.rows += b.rows
	p.torn = p.torn || b.torn
	c.open = !b.done
	return b.done, err
}

func (c *Client) attempt(ctx context.Context, req *Request, take func(*Client, []byte) (done bool, err error)) error {
	if err := c.begin(ctx, req); err != nil {
		return err
	}
	for {
		data, err := c.receive(ctx)
		if err != nil {
			return err
		}
		if done, err := take(c, data); err != nil || done {
			return err
		}
	}
}

// Drain receives the dump that req selects and throws it away without
// decoding, and returns how many bytes it was. It is what Dump is measured
// against.
func (c *Client) Drain(ctx context.Context, req Request) (uint64, error) {
	if err := c.begin(ctx, &req); err != nil {
		return 0, err
	}
	var total uint64
	for {
		data, err := c.receive(ctx)
		if err != nil {
			return total, err
		}
		total += uint64(len(data))
		if !startsWithRow(data) {
			// inet_diag's end of a dump, like an error, has a datagram
			// of its own (netlink_dump after a dump function that
			// returned 0).
			b, err := decode(data, c.seq, &c.row, discard)
			c.open = !b.done
			if err != nil || b.done {
				return total, err
			}
		}
	}
}

func discard(*evidence.Socket) error { return nil }

// begin sends a request under a new sequence number.
func (c *Client) begin(ctx context.Context, req *Request) error {
	if err := req.check(); err != nil {
		return err
	}
	if c.open {
		if err := c.finish(ctx); err != nil {
			return err
		}
	}
	if err := cancelled(ctx); err != nil {
		return err
	}
	c.seq++
	c.request = req.appendTo(c.request[:0], c.seq)
	if err := c.transport.Send(c.request); err != nil {
		return err
	}
	c.open = true
	return nil
}

// finish receives the rest of a dump that was given up: until its end is
// read, the kernel refuses another on this socket with EBUSY. A new socket
// would be of the calling thread's namespace, which may be another by now.
func (c *Client) finish(ctx context.Context) error {
	for {
		if err := cancelled(ctx); err != nil {
			return err
		}
		n, err := c.transport.Receive(c.buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break // the kernel answers at once: nothing is left
		}
		if err != nil {
			return err
		}
		if data := c.buf[:min(n, len(c.buf))]; !startsWithRow(data) {
			break
		}
	}
	c.open = false
	return nil
}

// receive returns the next datagram, which is valid until the next call.
func (c *Client) receive(ctx context.Context) ([]byte, error) {
	for {
		if err := cancelled(ctx); err != nil {
			return nil, err
		}
		n, err := c.transport.Receive(c.buf)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			continue
		case err != nil:
			return nil, err
		case n > len(c.buf):
			return nil, &Error{Op: opDump, Words: fmt.Sprintf("an answer of %d bytes exceeds the buffer of %d", n, len(c.buf))}
		case n == 0:
			return nil, &Error{Op: opDump, Words: "the kernel closed the socket"}
		}
		return c.buf[:n], nil
	}
}

func cancelled(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", opDump, context.Cause(ctx))
}
