package play

import (
	"errors"
	"net/netip"
	"time"

	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/twin"
)

// sock is a descriptor of a socket that a program holds.
type sock struct {
	host    *host
	options scenario.SocketOptions
	addr    netip.Addr // that it is bound to; invalid: it is not
	port    uint16
	id      twin.SocketID
	bound   bool // and the port is taken by it: id is good
	listens *listener
	end     *end // nil until it is connected
}

// listener is a socket in LISTEN, with the connections that nobody has accepted.
type listener struct {
	sock    *sock
	backlog int
	queue   []*end
	coming  signal
}

func (h *host) socket(o scenario.SocketOptions) *sock {
	k := h.twin.Kernel()
	switch {
	case o.PortRange != [2]uint16{} && !k.OwnRange:
		h.world.refuse(untestable("Linux %s has no socket option IP_LOCAL_PORT_RANGE", "Linux %s 没有套接字选项 IP_LOCAL_PORT_RANGE", string(k.Release)))
	case o.NoPort && !k.Release.AtLeast(4, 2):
		h.world.refuse(untestable("Linux %s has no socket option IP_BIND_ADDRESS_NO_PORT", "Linux %s 没有套接字选项 IP_BIND_ADDRESS_NO_PORT", string(k.Release)))
	case o.ReusePort && !k.Release.AtLeast(3, 9):
		h.world.refuse(untestable("Linux %s has no socket option SO_REUSEPORT", "Linux %s 没有套接字选项 SO_REUSEPORT", string(k.Release)))
	}
	return &sock{host: h, options: o}
}

// errnoOf is the name of an error of the twin.
func errnoOf(err error) string {
	var e twin.Errno
	if errors.As(err, &e) {
		return string(e)
	}
	return ""
}

// bind is bind(2).
func (s *sock) bind(at netip.AddrPort) string {
	if s.options.NoPort && at.Port() == 0 { // only the address: connect chooses the port
		s.addr = at.Addr()
		return ""
	}
	id, _, err := s.host.kernel().Bind(at.Addr(), at.Port(), twinOptions(s.options))
	if err != nil {
		return errnoOf(err)
	}
	s.id, s.bound, s.addr, s.port = id, true, at.Addr(), s.host.twin.Port(id)
	return ""
}

// listen is listen(2); at, if valid, is bound before.
func (s *sock) listen(at netip.AddrPort, backlog int) string {
	if at.IsValid() {
		if errno := s.bind(at); errno != "" {
			return errno
		}
	}
	if err := s.host.kernel().Listen(s.id); err != nil {
		return errnoOf(err)
	}
	most, _ := s.host.twin.Settings().Somaxconn.Get()
	s.listens = &listener{sock: s, backlog: min(backlog, int(most))}
	s.host.listeners = append(s.host.listeners, s.listens)
	return ""
}

// accept is accept(2).
func (s *sock) accept(by waiter, until time.Duration) (*sock, string) {
	l := s.listens
	if l == nil {
		return nil, "EINVAL"
	}
	for len(l.queue) == 0 {
		if s.listens == nil {
			return nil, "EINVAL"
		}
		if why := by.wait(&l.coming, until); why != "" {
			return nil, why
		}
	}
	e := l.queue[0]
	l.queue = l.queue[1:]
	return &sock{host: s.host, options: s.options, addr: e.local.Addr(), port: e.local.Port(), end: e}, ""
}

// close is close(2). With others that hold the socket too it changes nothing.
func (s *sock) close() {
	switch {
	case s.listens != nil:
		s.stopListening()
	case s.end != nil:
		s.end.letGo()
	case s.bound:
		s.host.kernel().Unbind(s.id)
	}
}

// stopListening ends the listener; what nobody accepted is reset.
func (s *sock) stopListening() {
	l := s.listens
	s.listens = nil
	for i, o := range s.host.listeners {
		if o == l {
			s.host.listeners = append(s.host.listeners[:i], s.host.listeners[i+1:]...)
			break
		}
	}
	s.host.kernel().Unbind(s.id)
	for _, e := range l.queue {
		e.held = 0
		e.reset()
	}
	l.queue = nil
	l.coming.change(&s.host.world.clock)
}

// abort is SO_LINGER {1, 0} and close(2).
func (s *sock) abort() {
	if s.end != nil {
		s.end.abortive = true
	}
	s.close()
}
