package bindtest

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// Kind is what an Actor does with the port.
type Kind string

// The kinds. Inbound ones come from a listener with the Actor's options, which
// is closed afterwards unless Actor.Keep is set.
const (
	Idle     Kind = "idle" // bound, no more
	Listens  Kind = "listens"
	Accepted Kind = "accepted" // a live inbound connection
	Dialled  Kind = "dialled"  // a live outbound connection
	Left     Kind = "left"     // bound, and closed again: nothing is left but what the kernel remembers
	Stopped  Kind = "stopped"  // listened, and closed again
)

// End is how far a connection was closed from the port's side.
type End string

// The ends: still open, closed first into TIME_WAIT, and closed while the
// peer stays open, so that the mini-socket is in FIN_WAIT2.
const (
	Open     End = "open"
	TimeWait End = "TIME_WAIT"
	Half     End = "FIN_WAIT2"
)

// How is how a dialling socket comes to its port.
type How string

// The ways: chosen by connect(), by bind() to the port, by bind() to the
// address alone with IP_BIND_ADDRESS_NO_PORT, or by bind() to port 0.
const (
	Automatic How = "automatic"
	Chosen    How = "chosen"
	NoPort    How = "no port"
	PortZero  How = "port 0"
)

// Actor is one user of the port.
type Actor struct {
	Kind Kind
	Socket
	At   netip.Addr // where a connection is; Addr if that is no wildcard
	End  End
	How  How
	Keep bool // the listener stays
}

// String tells it in short.
func (a Actor) String() string {
	switch a.Kind {
	case Accepted:
		keep := ""
		if a.Keep {
			keep = ", listener stays"
		}
		return fmt.Sprintf("%s at %s by %s, %s%s", a.Kind, a.At, a.Socket, a.End, keep)
	case Dialled:
		return fmt.Sprintf("%s %s by %s from %s, %s", a.Kind, a.How, a.Socket, a.At, a.End)
	}
	return fmt.Sprintf("%s %s", a.Kind, a.Socket)
}

// Put lets an actor take its place at the port and returns what it holds then,
// which is nothing if the kernel does not let it. It must run inside Host.Do.
// The error is one of the stage, not of the actor.
func (s *Stage) Put(a Actor, port uint16) ([]evidence.Holder, error) {
	switch a.Kind {
	case Dialled:
		return s.dial(a, port)
	case Accepted:
		return s.accept(a, port)
	}
	fd, ok, err := s.bound(a.Socket, port)
	if err != nil || !ok {
		return nil, err
	}
	if a.Kind == Listens || a.Kind == Stopped {
		if unix.Listen(fd, 8) != nil {
			return nil, s.release(fd)
		}
	}
	switch a.Kind {
	case Left:
		return nil, s.release(fd)
	case Stopped:
		return nil, s.stop(fd, port)
	}
	h := a.holder(a.Addr)
	h.State = tcp.BoundInactive
	if a.Kind == Listens {
		h.State = tcp.Listen
	}
	return []evidence.Holder{h}, nil
}

// bound returns a bound socket; false if the kernel refuses.
func (s *Stage) bound(a Socket, port uint16) (fd int, ok bool, err error) {
	if fd, err = s.socket(a); err != nil {
		return fd, false, err
	}
	if unix.Bind(fd, sockaddr(a, port)) != nil {
		return fd, false, s.release(fd)
	}
	return fd, true, nil
}

// holder is what a socket of the actor at addr is known as.
func (a Actor) holder(addr netip.Addr) evidence.Holder {
	h := evidence.Holder{
		Addr: addr, V6: a.V6, State: tcp.Established, ReuseAddr: evidence.TriOf(a.ReuseAddr), ReusePort: evidence.TriOf(a.ReusePort),
		Explicit: evidence.Yes, UID: uint32(a.UID), UIDKnown: true, Count: 1,
	}
	// Binding a native address makes a socket IPv6 only, and its children.
	if a.V6 {
		bound := a.Kind != Dialled || a.How != Automatic
		h.V6Only = evidence.TriOf(a.V6Only || bound && a.Addr.Is6() && !a.Addr.IsUnspecified())
	}
	if a.Kind == Dialled && (a.How == Automatic || a.How == NoPort) {
		h.Explicit = evidence.No
	}
	return h
}

// accept makes an inbound connection from a peer at the same address.
func (s *Stage) accept(a Actor, port uint16) ([]evidence.Holder, error) {
	listener, ok, err := s.bound(a.Socket, port)
	if err != nil || !ok {
		return nil, err
	}
	if unix.Listen(listener, 8) != nil {
		return nil, s.release(listener)
	}
	from := Socket{Addr: a.At, V6: a.At.Is6()}
	far := s.peerPort()
	peer, ok, err := s.bound(from, far)
	if err != nil || !ok {
		return nil, errors.Join(err, errors.New("a peer's port is not free"))
	}
	var held []evidence.Holder
	if a.Keep {
		h := a.holder(a.Addr)
		h.State = tcp.Listen
		held = append(held, h)
	}
	// A connection of IPv4 cannot come to a listener that keeps to IPv6.
	if connect(peer, sockaddr(from, port)) != nil {
		if !a.Keep {
			return nil, s.stop(listener, port)
		}
		return held, nil
	}
	conn, err := s.take(listener)
	if err != nil {
		return held, err
	}
	if !a.Keep {
		if err := s.stop(listener, port); err != nil {
			return nil, err
		}
	}
	h := a.holder(a.At)
	h.Direction = evidence.Inbound
	h.UID = 0 // of the accepting thread
	return s.end(a, held, h, ends{conn, peer, port, far})
}

// ErrElsewhere says that the connection went to another listener: of those
// that fit, the kernel prefers the more exact one, and shares between those
// with SO_REUSEPORT. It waits there to be accepted.
var ErrElsewhere = errors.New("another listener got the connection")

// take accepts a connection that is established.
func (s *Stage) take(listener int) (int, error) {
	const wait = 50 // ms; the handshake is over, so this is for a busy machine
	ready, err := unix.Poll([]unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN}}, wait)
	for errors.Is(err, unix.EINTR) {
		ready, err = unix.Poll([]unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN}}, wait)
	}
	if err != nil {
		return -1, fmt.Errorf("wait for a connection: %w", err)
	}
	if ready == 0 {
		return -1, ErrElsewhere
	}
	conn, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
	if err != nil {
		return -1, fmt.Errorf("accept: %w", err)
	}
	s.keep(conn)
	return conn, nil
}

// ends are the two sockets of a connection, and their ports.
type ends struct {
	own, peer int
	port, far uint16
}

// end closes the connection as far as the actor wants.
func (s *Stage) end(a Actor, held []evidence.Holder, h evidence.Holder, e ends) ([]evidence.Holder, error) {
	if a.End == Open {
		return append(held, h), nil
	}
	h.Mini, h.State, h.UIDKnown = true, tcp.FinWait2, false
	if err := halfClose(e.own, e.peer); err != nil {
		return nil, err
	}
	if err := s.release(e.own); err != nil {
		return nil, err
	}
	if a.End == TimeWait {
		h.State = tcp.TimeWait
		if err := s.release(e.peer); err != nil {
			return nil, err
		}
	}
	return append(held, h), s.await(e.port, e.far, h.State)
}

// dial connects to a listener at the same address.
func (s *Stage) dial(a Actor, port uint16) ([]evidence.Holder, error) {
	to := Socket{Addr: a.At, V6: a.At.Is6()}
	peerPort := s.peerPort()
	server, ok, err := s.bound(to, peerPort)
	if err != nil || !ok {
		return nil, errors.Join(err, errors.New("a peer's port is not free"))
	}
	if err := unix.Listen(server, 8); err != nil {
		return nil, err
	}
	fd, err := s.socket(a.Socket)
	if err != nil {
		return nil, err
	}
	if ok, err := s.choose(fd, a, port); err != nil || !ok {
		return nil, errors.Join(err, s.release(fd))
	}
	target := a.Socket
	target.Addr = a.At
	if connect(fd, sockaddr(target, peerPort)) != nil {
		return nil, s.release(fd)
	}
	conn, err := s.take(server)
	if err != nil {
		return nil, err
	}
	name, err := unix.Getsockname(fd) // the source of an unbound socket is the kernel's choice
	if err != nil {
		return nil, err
	}
	h := a.holder(addressOf(name))
	h.Direction = evidence.Outbound
	return s.end(a, nil, h, ends{fd, conn, port, peerPort})
}

// choose prepares a dialling socket so that its port can only be this one;
// false if the kernel refuses.
func (s *Stage) choose(fd int, a Actor, port uint16) (bool, error) {
	if a.How == Chosen {
		return unix.Bind(fd, sockaddr(a.Socket, port)) == nil, nil
	}
	if err := onlyPort(fd, port); err != nil {
		return false, fmt.Errorf("choose the port of an automatic connect: %w", err)
	}
	if a.How == Automatic {
		return true, nil
	}
	if a.How == NoPort {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
			return false, err
		}
	}
	return unix.Bind(fd, sockaddr(a.Socket, 0)) == nil, nil
}

// onlyPort leaves one port to choose from: for this socket, or on kernels
// before 6.3 for the namespace.
func onlyPort(fd int, port uint16) error {
	const localPortRange = 51 // IP_LOCAL_PORT_RANGE
	err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, localPortRange, int(port)<<16|int(port))
	if errors.Is(err, unix.ENOPROTOOPT) {
		return os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", fmt.Appendf(nil, "%d %d", port, port), 0)
	}
	return err
}

func (s *Stage) peerPort() uint16 {
	if s.peer++; s.peer > lastPeer {
		s.peer = firstPeer
	}
	return s.peer
}
