package play

import (
	"net/netip"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/twin"
)

// end is one end of a connection. The twin knows of it that its four-tuple is in
// use; what RFC 9293 tells apart among live connections is here.
type end struct {
	host          *host
	peer          *end
	conn          twin.Conn
	local, remote netip.AddrPort
	state         tcp.State
	live          bool // the twin counts it as live; else as a mini-socket, as an orphan, or not at all
	left          bool // its orphan or mini-socket in FIN_WAIT2 may wait for the peer's FIN
	held          int  // descriptors; 0: nobody has it
	abortive      bool // SO_LINGER {1, 0}
	linger2       int  // TCP_LINGER2 in seconds, as the twin takes it

	asks    int64 // the size of the file that is asked for over it
	in      stream
	free    time.Duration // until when the line to the peer is busy with data
	failed  string        // the error that the next call gets
	changed signal
	drained signal // somebody has read
	flying  int64  // bytes on their way to the peer
}

func (e *end) tuple() tuple { return tuple{e.local, e.remote} }

func (e *end) clock() *clock { return &e.host.world.clock }

func (e *end) become(s tcp.State) {
	e.state = s
	e.changed.change(e.clock())
}

// take returns the error that waits for a call, once.
func (e *end) take() string {
	errno := e.failed
	e.failed = ""
	return errno
}

// over gives a live end back to the twin, which ends it in this way.
func (e *end) over(how twin.Closing, errno string) {
	if e.live {
		_ = e.host.kernel().CloseLinger2(e.conn, how, e.linger2)
		delete(e.host.ends, e.tuple())
	}
	e.live, e.left = false, how == twin.Abandoned
	e.failed = errno
	e.become(tcp.Close)
}

// wasReset is a RST that came.
func (e *end) wasReset() {
	switch {
	case e.live && e.state == tcp.CloseWait: // tcp_reset
		e.over(twin.ByReset, "EPIPE")
	case e.live:
		e.over(twin.ByReset, "ECONNRESET")
	case e.left:
		_ = e.host.kernel().Kill(e.conn)
		e.left = false
	}
}

// reset sends a RST behind what was sent before, and ends the connection here.
func (e *end) reset() {
	e.over(twin.ByReset, "")
	if e.peer != nil {
		e.send(0, e.peer.wasReset)
	}
}

// letGo is close(2) of one descriptor.
func (e *end) letGo() {
	if e.held--; e.held > 0 {
		return
	}
	switch {
	case !e.live:
	case e.state == tcp.SynSent:
		e.over(twin.ByReset, "")
	case e.abortive || e.in.bytes > 0 || e.state == tcp.FinWait2 && e.linger2 < 0: // what nobody has read is lost: a reset says so
		e.reset()
	case e.state == tcp.FinWait2:
		e.over(twin.Abandoned, "")
	default:
		e.fin()
	}
}

// shutdown is shutdown(SHUT_WR).
func (e *end) shutdown() string {
	switch e.state {
	case tcp.Established, tcp.SynRecv, tcp.CloseWait:
		e.fin()
		return ""
	case tcp.FinWait1, tcp.FinWait2, tcp.Closing, tcp.LastAck:
		return ""
	}
	return "ENOTCONN"
}

// fin sends a FIN, if none was sent.
func (e *end) fin() {
	switch e.state {
	case tcp.Established, tcp.SynRecv:
		e.become(tcp.FinWait1)
	case tcp.CloseWait:
		e.become(tcp.LastAck)
	default:
		return
	}
	e.send(0, e.peer.finCame)
}

// finCame is the peer's FIN.
func (e *end) finCame() {
	p := e.peer
	switch {
	case e.live && (e.state == tcp.Established || e.state == tcp.SynRecv):
		e.in.closed = true
		e.become(tcp.CloseWait)
	case e.live && e.state == tcp.FinWait1: // both at once
		e.in.closed = true
		e.become(tcp.Closing)
	case e.live && e.state == tcp.FinWait2:
		e.in.closed = true
		e.over(twin.ByUs, "")
	case e.left && e.host.kernel().FromPeer(e.conn) == nil:
		e.left = false
	default: // nobody here knows the connection: a reset
		e.clock().after(hop, p.wasReset)
		return
	}
	if !e.host.muted {
		e.clock().after(hop, p.finAcked)
	}
}

// finAcked is the acknowledgement of our FIN.
func (e *end) finAcked() {
	switch {
	case !e.live:
	case e.state == tcp.FinWait1 && e.held == 0:
		e.over(twin.Abandoned, "")
	case e.state == tcp.FinWait1:
		e.become(tcp.FinWait2)
	case e.state == tcp.Closing:
		e.over(twin.ByUs, "")
	case e.state == tcp.LastAck:
		e.over(twin.ByThem, "")
	}
}
