package pool

import (
	"log/slog"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// dead is the turn of a link that was closed.
const dead = math.MaxUint64

// link is one connection through all its loans.
type link struct {
	dest    *destination
	conn    net.Conn
	raw     syscall.RawConn
	eye     *eye
	expires time.Duration // on the pool's clock

	// turn counts loans and returns: even while idle, odd while lent, dead
	// when closed. Who moves it away from an even number has the link: a
	// borrower and the reaper cannot both.
	turn      atomic.Uint64
	idleSince atomic.Int64 // time.Duration on the pool's clock; says something while idle

	open sync.WaitGroup // one until end is through

	// Only for who has the link.
	reason Reason // why it is to be closed
	state  any    // the user's, see Conn.State
}

// take gives the link to a borrower. False if it is not fit: then the caller
// must destroy it, unless it was closed already, which destroying bears.
func (l *link) take() bool {
	turn := l.turn.Load()
	if turn%2 != 0 || !l.turn.CompareAndSwap(turn, turn+1) {
		return false
	}
	if turn == 0 {
		// Just dialled. What can be read is the server's greeting; and if it
		// is closed already, another dial would meet the same.
		return true
	}
	why, unfit := l.judge(l.dest.pool.clock.now(), turn, l.eye)
	l.reason = why
	return !unfit
}

// judge says whether an idle link must be closed, and why. Its turn tells
// whether it was ever lent: before that, data is the server's greeting, or TLS
// session tickets.
func (l *link) judge(now time.Duration, turn uint64, e *eye) (Reason, bool) {
	idle := l.dest.pool.opts.IdleTimeout
	switch {
	case now >= l.expires:
		return ClosedLifetime, true
	case idle > 0 && now-time.Duration(l.idleSince.Load()) >= idle:
		return ClosedIdle, true
	}
	switch e.look(l.raw) {
	case gone:
		return ClosedByPeer, true
	case talking:
		return ClosedUnexpectedData, turn != 0
	}
	return 0, false
}

// rest makes the link idle. From here on the reaper may close it.
func (l *link) rest() {
	l.reason = ClosedShutdown
	l.idleSince.Store(int64(l.dest.pool.clock.now()))
	l.turn.Add(1)
}

// bury closes the link if it is idle in that turn. The resource that holds it
// stays in puddle's stack until it is swept out.
func (l *link) bury(turn uint64, why Reason) bool {
	if !l.turn.CompareAndSwap(turn, dead) {
		return false
	}
	l.end(why)
	return true
}

// destroy is puddle's destructor. It returns when the connection is closed,
// whoever does it, because then puddle lets another be opened.
func (l *link) destroy() {
	if l.turn.Swap(dead) != dead {
		l.end(l.reason)
	}
	l.open.Wait()
}

func (l *link) end(why Reason) {
	defer l.open.Done()
	// The error could only be of bytes that nobody waits for any more.
	_ = l.conn.Close()
	d := l.dest
	d.remove(l)
	d.counts.closed[why].Add(1)
	level := slog.LevelDebug
	if why == ClosedUnexpectedData {
		level = slog.LevelWarn
	}
	d.log(level, "closed a connection", keyReason, why.String())
	d.pool.places.give()
}
