package rawpeer

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// queueLimit is how many bytes Write lets a connection have that the other
// end has not acknowledged.
const queueLimit = 256 << 10

// writeChunk bounds how long one Write keeps the Peer from everything else.
const writeChunk = 64 << 10

// Conn is a connection of a Peer.
type Conn struct {
	peer  *Peer
	tuple tcp.FourTuple

	// The rest belongs to the goroutine of Peer.run.

	machine   tcp.Conn // if over, as it was last before CLOSED
	over      bool
	ended     string
	err       error // why it ended, if not in peace
	connected bool
	eof       bool
	shut      bool     // nothing more may be written
	released  bool     // the user has closed
	inbox     [][]byte // received and not yet read; no part is empty
	listener  *Listener
	former    *Conn // the one in TIME-WAIT that this one took the place of
	bell      bell
	alarm     time.Duration // when an errand will look at the machine's timers; 0: none

	// What hand-made segments borrow from the last one received or sent.
	echo   uint32
	stamps bool
	window uint16
}

func (p *Peer) newConn(t tcp.FourTuple) *Conn { return &Conn{peer: p, tuple: t} }

// note keeps what a hand-made segment will need.
func (c *Conn) note(s tcp.Segment) {
	if s.Options.HasTimestamps {
		c.echo = s.Options.TSVal
	}
}

// take keeps what the machine tells its user.
func (c *Conn) take(out tcp.Output) {
	if len(out.Data) > 0 && !c.released {
		c.inbox = append(c.inbox, out.Data)
	}
	for _, signal := range out.Signals {
		switch signal {
		case tcp.Connected:
			c.connected = true
			if c.listener != nil {
				c.listener.offer(c)
			}
		case tcp.PeerClosed:
			c.eof = true
		case tcp.Refused:
			c.ended, c.err = "refused", ErrRefused
		case tcp.WasReset:
			c.ended, c.err = "reset", ErrReset
		case tcp.TimedOut:
			c.ended, c.err = "timed out", ErrTimedOut
		case tcp.Closed:
			if c.ended == "" {
				c.ended = "closed"
			}
		}
	}
}

// failure is what a call on a connection that cannot serve it returns.
func (c *Conn) failure() error {
	if c.err != nil && !c.released {
		return fmt.Errorf("%s: %w", c.tuple, c.err)
	}
	return fmt.Errorf("%s: %w", c.tuple, net.ErrClosed)
}

// Handshake waits until the connection is open. The error wraps ErrRefused,
// ErrReset or ErrTimedOut, or is that of ctx.
func (c *Conn) Handshake(ctx context.Context) error {
	return c.peer.await(ctx, &c.bell, func() (bool, error) {
		if !c.connected && c.over {
			return false, c.failure()
		}
		return c.connected, nil
	})
}

// Write hands b to the machine and returns how much it took. It waits while
// the other end has acknowledged too little of what went before; it does not
// wait until b is acknowledged, or sent.
func (c *Conn) Write(ctx context.Context, b []byte) (int, error) {
	n := 0
	err := c.peer.await(ctx, &c.bell, func() (bool, error) {
		if c.over || c.shut {
			return false, c.failure()
		}
		part := min(len(b)-n, queueLimit-c.machine.Queued(), writeChunk)
		if part > 0 {
			out := c.peer.step(c, tcp.Event{Kind: tcp.Send, Data: bytes.Clone(b[n : n+part])})
			if out.Err != nil {
				return false, fmt.Errorf("%s: %w", c.tuple, out.Err)
			}
			n += part
		}
		return n == len(b), nil
	})
	return n, err
}

// Read waits for data and returns as much of it as fits into b. At the end of
// the other end's stream it returns io.EOF.
func (c *Conn) Read(ctx context.Context, b []byte) (int, error) {
	n := 0
	err := c.peer.await(ctx, &c.bell, func() (bool, error) {
		switch {
		case c.released:
			return false, c.failure()
		case len(c.inbox) > 0:
			n = c.drain(b)
			return true, nil
		case c.eof:
			return false, io.EOF
		case c.over:
			return false, c.failure()
		}
		return false, nil
	})
	return n, err
}

// drain takes data from the inbox and tells the machine that there is room.
func (c *Conn) drain(b []byte) (n int) {
	for n < len(b) && len(c.inbox) > 0 {
		m := copy(b[n:], c.inbox[0])
		n += m
		if c.inbox[0] = c.inbox[0][m:]; len(c.inbox[0]) == 0 {
			c.inbox = c.inbox[1:]
		}
	}
	if !c.over {
		c.peer.step(c, tcp.Event{Kind: tcp.Read, N: n})
	}
	return n
}

// CloseWrite says that nothing more will be written (shutdown(SHUT_WR)). The
// other direction goes on.
func (c *Conn) CloseWrite() error {
	return c.end(tcp.CloseCall)
}

// Close gives the connection up as close(2) does: the machine ends it, and
// nobody reads any more.
func (c *Conn) Close() error {
	return c.end(tcp.Release)
}

// Abort ends the connection at once, with a reset where there is somebody to
// be told.
func (c *Conn) Abort() error {
	return c.end(tcp.Abort)
}

func (c *Conn) end(how tcp.EventKind) error {
	var err error
	closed := c.peer.call(func() {
		if c.released || c.over && how != tcp.Release || c.shut && how == tcp.CloseCall {
			err = c.failure()
			return
		}
		c.shut = true
		if how != tcp.CloseCall {
			c.released = true
			c.inbox = nil
		}
		if !c.over {
			c.peer.step(c, tcp.Event{Kind: how})
		}
		c.bell.ring()
	})
	if closed != nil {
		return closed
	}
	return err
}

// State returns the machine's state; tcp.Close after the end.
func (c *Conn) State() (s tcp.State) {
	c.peer.look(func() {
		if s = c.machine.State; c.over {
			s = tcp.Close
		}
	})
	return s
}

// Machine returns a copy of the machine; after the end, as it was before it
// became CLOSED, which forgets everything.
func (c *Conn) Machine() (m tcp.Conn) {
	c.peer.look(func() { m = c.machine })
	return m
}

// Ended returns how the connection ended: "closed", "reset", "refused" or
// "timed out". It is empty while there is a connection.
func (c *Conn) Ended() (how string) {
	c.peer.look(func() { how = c.ended })
	return how
}

// Tuple returns the four-tuple as this end sees it.
func (c *Conn) Tuple() tcp.FourTuple { return c.tuple }

// Local returns this end's address and port.
func (c *Conn) Local() netip.AddrPort { return c.tuple.Src }

// Remote returns the other end's address and port.
func (c *Conn) Remote() netip.AddrPort { return c.tuple.Dst }
