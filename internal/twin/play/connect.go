package play

import (
	"net/netip"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/twin"
)

// The tries of a connect() whose SYN is not answered: the first comes again after
// a second, then each time after twice as long; tcp_syn_retries is 6.
const (
	firstRetry = time.Second
	mostTries  = 7
)

// connect is connect(2). Without await it returns while it is under way.
func (s *sock) connect(by waiter, to netip.AddrPort, until time.Duration, await bool) string {
	w := s.host.world
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	if w.find(s.host, to.Addr()) == nil {
		w.refuse(w.unknownAddress(to.Addr()))
		return "ENETUNREACH"
	}
	from := s.addr
	if !from.IsValid() || from.IsUnspecified() {
		from, _ = s.host.route(to.Addr())
	}
	conn, errno := s.dial(from, to)
	if errno != "" {
		return errno
	}
	e := &end{
		host: s.host, conn: conn, live: true, state: tcp.SynSent, held: 1,
		local: netip.AddrPortFrom(from, conn.Port), remote: to,
	}
	if s.options.Negative {
		e.linger2 = -1
	} else {
		e.linger2 = int(s.options.Linger2 / time.Second)
	}
	s.end, s.addr, s.port = e, from, conn.Port
	s.host.ends[e.tuple()] = e
	e.knock(0)
	for await && e.state == tcp.SynSent {
		if why := by.wait(&e.changed, until); why != "" {
			return why
		}
	}
	if e.failed != "" {
		return e.take()
	}
	return ""
}

// dial takes a port for a connection.
func (s *sock) dial(from netip.Addr, to netip.AddrPort) (twin.Conn, string) {
	h := s.host
	k := h.kernel()
	group := k.Outbound(from, to)
	if s.bound {
		a, err := k.ConnectFrom(s.id, group)
		s.bound = s.bound && err != nil
		return a.Conn, errnoOf(err)
	}
	d := twin.Dial{
		ReuseAddr: s.options.ReuseAddr, ReusePort: s.options.ReusePort,
		Range:               evidence.PortRange{Low: s.options.PortRange[0], High: s.options.PortRange[1]},
		PeerHasNoTimestamps: !h.world.find(h, to.Addr()).stamps(),
	}
	a, err := k.Connect(group, d)
	return a.Conn, errnoOf(err)
}

// stamps reports whether connections of the host have timestamps.
func (h *host) stamps() bool {
	on, _ := h.twin.Settings().Timestamps.Get()
	return on != 0 && !h.bare
}

// knock sends a SYN, for the time that try says.
func (e *end) knock(try int) {
	w := e.host.world
	w.after(hop, func() {
		if e.state == tcp.SynSent {
			e.answer(w.find(e.host, e.remote.Addr()), try)
		}
	})
}

// answer is what the other host does with the SYN.
func (e *end) answer(h *host, try int) {
	there := tuple{local: e.remote, remote: e.local}
	l := h.listenerOf(e.remote)
	old := h.ends[there]
	switch {
	case h.muted:
		e.again(try)
	case old != nil: // it answers for the old connection, which we reset, and try again
		h.world.after(hop, old.wasReset)
		e.again(try)
	case l == nil:
		h.world.after(hop, func() { e.refusedBy("ECONNREFUSED") })
	case len(l.queue) > l.backlog:
		h.overflows++
		h.drops++
		e.again(try)
	default:
		e.meet(h, l)
	}
}

// again sends the SYN once more, later.
func (e *end) again(try int) {
	w := e.host.world
	w.after(firstRetry<<try, func() {
		switch {
		case e.state != tcp.SynSent:
		case try+1 == mostTries:
			e.refusedBy("ETIMEDOUT")
		default:
			e.knock(try + 1)
		}
	})
}

// refusedBy ends a connect() that did not become a connection.
func (e *end) refusedBy(errno string) {
	if e.state == tcp.SynSent {
		e.over(twin.ByReset, errno)
	}
}

// meet makes the other end of a connection.
func (e *end) meet(h *host, l *listener) {
	k, w := h.kernel(), h.world
	group := k.Inbound(e.remote, e.local.Addr())
	conn, err := k.Accept(group, e.local.Port(), twinOptions(l.sock.options))
	if err != nil { // an orphan of the old connection: it answers with a reset and is gone
		_ = k.Kill(conn)
		w.after(hop, func() { e.refusedBy("ECONNREFUSED") })
		return
	}
	o := &end{host: h, conn: conn, live: true, state: tcp.SynRecv, local: e.remote, remote: e.local, peer: e}
	e.peer = o
	h.ends[o.tuple()] = o
	w.after(hop, func() {
		if e.state != tcp.SynSent {
			w.after(hop, o.wasReset)
			return
		}
		e.become(tcp.Established)
		w.after(hop, func() { o.queue(l) })
	})
}

// queue gives an end whose handshake is over to the listener.
func (e *end) queue(l *listener) {
	if e.state != tcp.SynRecv {
		return
	}
	e.become(tcp.Established)
	if l.sock.listens != l { // it is gone
		e.reset()
		return
	}
	e.held = 1
	l.queue = append(l.queue, e)
	l.coming.change(&e.host.world.clock)
}
