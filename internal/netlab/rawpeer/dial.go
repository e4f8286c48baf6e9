package rawpeer

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/linger-dev/linger/internal/tcp"
)

// Local ports that Dial chooses from: Linux's default.
const (
	firstPort = 32768
	lastPort  = 60999
)

// Dial opens a connection and waits for it; if ctx ends before, it is given
// up. The zero local is any address and port, port 0 any port.
func (p *Peer) Dial(ctx context.Context, local, remote netip.AddrPort) (*Conn, error) {
	c, err := p.DialStart(local, remote)
	if err != nil {
		return nil, err
	}
	if err := c.Handshake(ctx); err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("dial: %w", err)
	}
	return c, nil
}

// DialStart is Dial without the waiting: the SYN has been sent when it
// returns. The error wraps ErrInUse or ErrNoAddress.
func (p *Peer) DialStart(local, remote netip.AddrPort) (*Conn, error) {
	var c *Conn
	var err error
	if closed := p.call(func() { c, err = p.dial(local, remote) }); closed != nil {
		err = closed
	}
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	return c, nil
}

func (p *Peer) dial(local, remote netip.AddrPort) (*Conn, error) {
	remote = netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port())
	fits := func(a netip.Addr) bool {
		return a.Is4() == remote.Addr().Is4() && (!local.Addr().IsValid() || local.Addr().IsUnspecified() || local.Addr().Unmap() == a)
	}
	i := slices.IndexFunc(p.options.Addrs, fits)
	if i < 0 {
		return nil, fmt.Errorf("%w: %s to %s", ErrNoAddress, local, remote)
	}
	t := tcp.FourTuple{Src: netip.AddrPortFrom(p.options.Addrs[i], local.Port()), Dst: remote}
	if t.Src.Port() == 0 {
		t = p.choosePort(t)
	}
	if old := p.conns[t]; old != nil {
		return nil, fmt.Errorf("%w: %s is in %s", ErrInUse, t, old.machine.State)
	}
	c := p.newConn(t)
	p.step(c, tcp.Event{Kind: tcp.OpenActive, ISS: p.iss()})
	return c, nil
}

// choosePort takes the next port that is free for t; if there is none, the
// last one tried.
func (p *Peer) choosePort(t tcp.FourTuple) tcp.FourTuple {
	for range lastPort - firstPort + 1 {
		if p.port++; p.port > lastPort {
			p.port = firstPort
		}
		t.Src = netip.AddrPortFrom(t.Src.Addr(), p.port)
		if p.conns[t] == nil && p.listeners[p.port] == nil {
			break
		}
	}
	return t
}

// Listener takes connections to a port, on all addresses of the Peer. Their
// number is not limited.
type Listener struct {
	peer *Peer
	port uint16

	// The rest belongs to the goroutine of Peer.run.

	ready  []*Conn
	closed bool
	bell   bell
}

// Listen takes connections to a port from now on. The error wraps ErrInUse.
func (p *Peer) Listen(port uint16) (*Listener, error) {
	l := &Listener{peer: p, port: port}
	inUse := false
	err := p.call(func() {
		if inUse = p.listeners[port] != nil; !inUse {
			p.listeners[port] = l
		}
	})
	if inUse {
		err = ErrInUse
	}
	if err != nil {
		return nil, fmt.Errorf("listen on port %d: %w", port, err)
	}
	return l, nil
}

// Accept waits for a connection.
func (l *Listener) Accept(ctx context.Context) (*Conn, error) {
	var c *Conn
	err := l.peer.await(ctx, &l.bell, func() (bool, error) {
		if l.closed {
			return false, net.ErrClosed
		}
		if len(l.ready) == 0 {
			return false, nil
		}
		c, l.ready = l.ready[0], l.ready[1:]
		return true, nil
	})
	if err != nil {
		return nil, fmt.Errorf("accept on port %d: %w", l.port, err)
	}
	return c, nil
}

// Close ends listening. Connections that nobody accepted are aborted.
func (l *Listener) Close() error {
	return l.peer.call(func() {
		if l.closed {
			return
		}
		l.closed = true
		delete(l.peer.listeners, l.port)
		for _, c := range l.ready {
			l.abort(c)
		}
		l.ready = nil
		l.bell.ring()
	})
}

// offer takes a connection whose handshake is done. It runs within a step of
// the machine, so an abort has to wait until that is over.
func (l *Listener) offer(c *Conn) {
	if l.closed {
		l.peer.at(0, func() { l.abort(c) })
		return
	}
	l.ready = append(l.ready, c)
	l.bell.ring()
}

func (l *Listener) abort(c *Conn) {
	if !c.over {
		l.peer.step(c, tcp.Event{Kind: tcp.Abort})
	}
}
