package kerneltest

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// prepared makes the socket of an operation, with its options.
func (p *player) prepared(op *Op) (int, error) {
	fd, err := socket(p.c.V6)
	if err != nil {
		return -1, err
	}
	if op.ReuseAddr {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	}
	if op.ReusePort {
		err = errors.Join(err, unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("set options: %w", err)
	}
	return fd, nil
}

// dial is connect() without a port. Where the route would not choose the wanted
// source address, the address alone is bound.
func (p *player) dial(i int) error {
	op := &p.c.Ops[i]
	fd, err := p.prepared(op)
	if err != nil {
		return err
	}
	if p.c.Sources > 1 || p.c.Place != Apart {
		err = errors.Join(
			unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1),
			unix.Bind(fd, sockaddr(netip.AddrPortFrom(p.c.Source(op.Source), 0))))
	}
	if err == nil {
		err = p.connect(fd, i)
	}
	if err != nil {
		_ = unix.Close(fd)
		return err
	}
	return p.accepted(i, fd)
}

// connect measures connect(), and waits for the end of the handshake. Right
// after its interface came up, an IPv6 address may have no route for a moment.
func (p *player) connect(fd, i int) error {
	op := &p.c.Ops[i]
	to := sockaddr(p.c.Target(op.Target))
	began := monotonic()
	err := unix.Connect(fd, to)
	for end := began + time.Second; errors.Is(err, unix.ENETUNREACH) && monotonic() < end; {
		time.Sleep(time.Millisecond)
		began = monotonic()
		err = unix.Connect(fd, to)
	}
	p.done[i].Took = monotonic() - began
	return established(fd, err)
}

// established waits for the end of a handshake that connect() began.
func established(fd int, err error) error {
	if !errors.Is(err, unix.EINPROGRESS) {
		return err
	}
	if err := await(fd, unix.POLLOUT); err != nil {
		return err
	}
	failed, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return err
	}
	if failed != 0 {
		return fmt.Errorf("handshake: %w", unix.Errno(failed))
	}
	return nil
}

// accepted takes the other end of a connection, and notes both.
func (p *player) accepted(i, fd int) error {
	op, e := &p.c.Ops[i], &p.held[i]
	e.own = fd
	peer, err := take(p.listeners[op.Target])
	if err != nil {
		return err
	}
	e.what, e.peer = connected, peer
	name, err := unix.Getsockname(fd)
	if err != nil {
		return err
	}
	at := addrPort(name)
	if at.Addr() != p.c.Source(op.Source) {
		return fmt.Errorf("the connection comes from %v, not from %v", at, p.c.Source(op.Source))
	}
	e.port, p.done[i].Port = at.Port(), at.Port()
	return nil
}

func (p *player) close(how Kind, e *ends) error {
	first, second := &e.own, &e.peer
	var err error
	switch how {
	case CloseByThem:
		first, second = second, first
	case Reset:
		err = unix.SetsockoptLinger(e.own, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	case Abandon:
		// The ACK of our FIN begins FIN_WAIT2: it must not wait for company.
		err = unix.SetsockoptInt(e.peer, unix.SOL_TCP, unix.TCP_QUICKACK, 1)
	case PeerCloses:
		e.drop()
		return nil
	}
	err = errors.Join(err, unix.Close(*first))
	*first = -1
	switch {
	case err != nil:
		return err
	case how == Abandon:
		e.what = abandoned
		return awaitFIN(e.peer)
	case how != Reset:
		err = awaitFIN(*second)
	}
	e.drop()
	return err
}

func (p *player) bind(i int) error {
	op, e := &p.c.Ops[i], &p.held[i]
	fd, err := p.prepared(op)
	if err != nil {
		return err
	}
	at := p.c.Source(op.Source)
	if op.Wild {
		at = p.c.Wildcard()
	}
	if err := unix.Bind(fd, sockaddr(netip.AddrPortFrom(at, op.Port))); err != nil {
		_ = unix.Close(fd)
		return err
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		_ = unix.Close(fd)
		return err
	}
	e.what, e.own, e.port = bound, fd, addrPort(name).Port()
	p.done[i].Port = e.port
	return nil
}

// accept lets the peer connect from a port of its own. SO_REUSEADDR is for
// what earlier connections from there left behind.
func (p *player) accept(op *Op, e, listener *ends) error {
	far := p.fars[0]
	p.fars = p.fars[1:]
	e.peer = far
	err := errors.Join(
		unix.SetsockoptInt(far, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
		unix.Bind(far, sockaddr(netip.AddrPortFrom(p.c.Target(op.Target).Addr(), op.Port))))
	if err != nil {
		return fmt.Errorf("bind the peer: %v", err)
	}
	err = established(far, unix.Connect(far, sockaddr(netip.AddrPortFrom(p.c.Source(op.Source), listener.port))))
	if err != nil {
		return fmt.Errorf("connect the peer: %v", err)
	}
	if e.own, err = take(listener.own); err != nil {
		return err
	}
	e.what, e.port = connected, listener.port
	return nil
}
