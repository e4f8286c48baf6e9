package pool

import (
	"errors"
	"io"
	"math"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/jackc/puddle/v2"
)

// closedBit in Conn.ops: the loan is over.
const closedBit = math.MinInt32

// What happened during a loan, in Conn.marks.
const (
	markBroken   = 1 << iota // a read or write failed
	markTimeout              // the first failure was a deadline
	markDeadline             // a deadline was set
)

// Conn is a connection on loan. It is a net.Conn for one borrower, from Get to
// Close; after that every use is an error, so nobody can disturb the next one.
//
// Close gives it back. The pool keeps it only if it is fit: not if a read or
// write failed (io.EOF and time-outs are failures), or was still under way. Bytes
// left unread are found before the next loan. If you know that the conversation
// is not at its end, call Discard.
type Conn struct {
	link *link
	res  *puddle.Resource[*link]

	ops   atomic.Int32 // calls under way, and closedBit
	marks atomic.Uint32
}

var (
	_ net.Conn      = (*Conn)(nil)
	_ io.ReaderFrom = (*Conn)(nil)
)

// Read reads as net.Conn does.
func (c *Conn) Read(b []byte) (int, error) {
	if !c.enter() {
		return 0, c.over("read")
	}
	n, err := c.link.conn.Read(b)
	return n, c.leave(err)
}

// Write writes as net.Conn does.
func (c *Conn) Write(b []byte) (int, error) {
	if !c.enter() {
		return 0, c.over("write")
	}
	n, err := c.link.conn.Write(b)
	return n, c.leave(err)
}

// ReadFrom copies from r, by sendfile(2) and splice(2) where *net.TCPConn can.
// Also an error of r makes the connection unfit: half a message may be out.
func (c *Conn) ReadFrom(r io.Reader) (int64, error) {
	if !c.enter() {
		return 0, c.over("write")
	}
	n, err := io.Copy(c.link.conn, r)
	return n, c.leave(err)
}

// Close gives the connection back. It does not wait, and its error is
// net.ErrClosed if the loan was over before, else nil.
func (c *Conn) Close() error {
	busy, ok := c.finish()
	if !ok {
		return c.over("close")
	}
	if busy || c.marks.Load()&markBroken != 0 || !c.resetDeadline() {
		c.link.dest.end(c.link, c.res, ClosedBroken)
		return nil
	}
	c.link.dest.back(c.link, c.res)
	return nil
}

// Release is Close, for callers who find that word misleading. It does nothing
// if the loan is over.
func (c *Conn) Release() { _ = c.Close() }

// Discard ends the loan and closes the connection. It does nothing if the loan
// is over, so it may be deferred for the paths that do not reach Close.
func (c *Conn) Discard() {
	if _, ok := c.finish(); ok {
		c.link.dest.end(c.link, c.res, ClosedDiscarded)
	}
}

// LocalAddr returns the address of this side.
func (c *Conn) LocalAddr() net.Addr { return c.link.conn.LocalAddr() }

// RemoteAddr returns the address of the other side.
func (c *Conn) RemoteAddr() net.Addr { return c.link.conn.RemoteAddr() }

// SetDeadline sets both deadlines for this loan only.
func (c *Conn) SetDeadline(t time.Time) error { return c.deadline(net.Conn.SetDeadline, t) }

// SetReadDeadline sets the deadline of reads for this loan only.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.deadline(net.Conn.SetReadDeadline, t) }

// SetWriteDeadline sets the deadline of writes for this loan only.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.deadline(net.Conn.SetWriteDeadline, t) }

// Reused reports whether somebody had this connection before. If not, a server
// that speaks first has its greeting still to say, unless Options.Dial read it.
func (c *Conn) Reused() bool { return c.link.turn.Load() != 1 }

// NetConn returns what Options.Dial returned, for settings that this type does
// not offer. What is read and written there is not seen here, nor are its
// errors; do not close it, and do not use it when the loan is over.
func (c *Conn) NetConn() net.Conn { return c.link.conn }

// State returns what SetState kept with this connection, also in an earlier
// loan: a bufio.Reader, or who is logged in. Only for the borrower, during the loan.
func (c *Conn) State() any { return c.link.state }

// SetState keeps v with the connection until it is closed. See State.
func (c *Conn) SetState(v any) { c.link.state = v }

func (c *Conn) deadline(set func(net.Conn, time.Time) error, t time.Time) error {
	if !c.enter() {
		return c.over("set")
	}
	c.marks.Or(markDeadline)
	err := set(c.link.conn, t)
	c.ops.Add(-1)
	return err
}

func (c *Conn) resetDeadline() bool {
	return c.marks.Load()&markDeadline == 0 || c.link.conn.SetDeadline(time.Time{}) == nil
}

// enter begins a call; leave or ops.Add(-1) must follow if it is true.
func (c *Conn) enter() bool {
	if c.ops.Add(1) > 0 {
		return true
	}
	c.ops.Add(-1)
	return false
}

func (c *Conn) leave(err error) error {
	if err != nil {
		c.fail(err)
	}
	c.ops.Add(-1)
	return err
}

// fail remembers the first failure; what follows may only be its echo.
func (c *Conn) fail(err error) {
	mark := uint32(markBroken)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		mark |= markTimeout
	}
	for {
		old := c.marks.Load()
		if old&markBroken != 0 || c.marks.CompareAndSwap(old, old|mark) {
			return
		}
	}
}

// finish ends the loan. busy: a call is under way, whose reader or writer must
// be woken by closing the connection.
func (c *Conn) finish() (busy, ok bool) {
	before := c.ops.Or(closedBit)
	return before > 0, before >= 0
}

func (c *Conn) over(op string) error {
	local, remote := c.LocalAddr(), c.RemoteAddr()
	return &net.OpError{Op: op, Net: c.link.dest.network, Source: local, Addr: remote, Err: net.ErrClosed}
}
