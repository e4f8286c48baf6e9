package netlab

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// handshakeTimeout bounds each step on a link that is whole.
const handshakeTimeout = 10_000 // ms

// side is what EveryState does for one family: the address of each host and
// the sockets of connections that are not yet where they should end.
type side struct {
	family   Family
	domain   int // of the sockets on States.Host
	a, b     netip.Addr
	port     uint16 // of the listener on a
	listener int
	finWait1 int // to be closed after the cut
	closing  int // the same, and then its peer
	lastAck  int // closed by its peer already

	peerOfClosing int
}

// stateSides returns the three families; the first two have the addresses of
// all links.
func stateSides() []side {
	a4, b4 := netip.MustParseAddr("10.11.0.1"), netip.MustParseAddr("10.11.0.2")
	a6, b6 := netip.MustParseAddr("fd11::1"), netip.MustParseAddr("fd11::2")
	return []side{
		{family: IPv4, domain: unix.AF_INET, a: a4, b: b4, port: 7004},
		{family: IPv6, domain: unix.AF_INET6, a: a6, b: b6, port: 7006},
		{family: Mapped, domain: unix.AF_INET6, a: a4, b: b4, port: 7046},
	}
}

// peerDomain is plain IPv4 also for the mapped family.
func (d *side) peerDomain() int {
	if d.a.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// open makes what needs a whole link.
func (d *side) open(s *States) (err error) {
	if d.listener, err = s.bound(s.Host, d.domain, d.a, d.port); err != nil {
		return err
	}
	if err := unix.Listen(d.listener, 16); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if _, err := s.bound(s.Host, d.domain, d.a, d.port+1000); err != nil { // CLOSE
		return err
	}
	var own, peer [8]int
	for i := range own {
		if own[i], peer[i], err = d.connect(s); err != nil {
			return err
		}
	}
	// 0 stays ESTABLISHED.
	s.close(peer[1])                                            // CLOSE_WAIT
	if err := unix.Shutdown(own[2], unix.SHUT_WR); err != nil { // FIN_WAIT2, half closed
		return fmt.Errorf("shutdown: %w", err)
	}
	s.close(own[3]) // FIN_WAIT2, orphan

	// TIME_WAIT: the peer closes only after it has our FIN, else both ends
	// close simultaneously and both keep one.
	s.close(own[4])
	if err := ready(peer[4], unix.POLLIN); err != nil {
		return fmt.Errorf("wait for FIN: %w", err)
	}
	s.close(peer[4])

	d.finWait1 = own[5]
	d.closing, d.peerOfClosing = own[6], peer[6]
	d.lastAck = own[7]
	s.close(peer[7])
	return nil
}

// strand makes what needs a cut link.
func (d *side) strand(s *States) error {
	s.close(d.finWait1)
	s.close(d.closing)
	s.close(d.lastAck)
	if _, err := s.dial(s.Host, d.domain, d.b, d.port); !errors.Is(err, unix.EINPROGRESS) { // SYN_SENT
		return fmt.Errorf("connect over the cut link: %w", err)
	}
	if _, err := s.dial(s.Peer, d.peerDomain(), d.a, d.port); !errors.Is(err, unix.EINPROGRESS) { // SYN_RECV
		return fmt.Errorf("connect to the cut host: %w", err)
	}
	return nil
}

// connect opens a connection from the peer and accepts it.
func (d *side) connect(s *States) (own, peer int, err error) {
	peer, err = s.dial(s.Peer, d.peerDomain(), d.a, d.port)
	if err != nil && !errors.Is(err, unix.EINPROGRESS) {
		return 0, 0, fmt.Errorf("connect: %w", err)
	}
	if err := ready(d.listener, unix.POLLIN); err != nil {
		return 0, 0, fmt.Errorf("wait for connection: %w", err)
	}
	own, _, err = unix.Accept4(d.listener, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
	if err != nil {
		return 0, 0, fmt.Errorf("accept: %w", err)
	}
	s.fds = append(s.fds, own)
	return own, peer, nil
}

// socket makes a non-blocking TCP socket on h that Close closes.
func (s *States) socket(h *Host, domain int) (fd int, err error) {
	err = h.Do(func() error {
		fd, err = unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.IPPROTO_TCP)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("make socket: %w", err)
	}
	s.fds = append(s.fds, fd)
	return fd, nil
}

func (s *States) bound(h *Host, domain int, addr netip.Addr, port uint16) (int, error) {
	fd, err := s.socket(h, domain)
	if err != nil {
		return 0, err
	}
	if err := unix.Bind(fd, sockaddr(domain, addr, port)); err != nil {
		return 0, fmt.Errorf("bind %s: %w", netip.AddrPortFrom(addr, port), err)
	}
	return fd, nil
}

// dial starts to connect; the error is normally EINPROGRESS.
func (s *States) dial(h *Host, domain int, addr netip.Addr, port uint16) (int, error) {
	fd, err := s.socket(h, domain)
	if err != nil {
		return 0, err
	}
	return fd, unix.Connect(fd, sockaddr(domain, addr, port))
}

// close closes fd now instead of in Close.
func (s *States) close(fd int) {
	for i, held := range s.fds {
		if held == fd {
			s.fds = append(s.fds[:i], s.fds[i+1:]...)
			_ = unix.Close(fd)
			return
		}
	}
}

// sockaddr maps an IPv4 address for an AF_INET6 socket.
func sockaddr(domain int, addr netip.Addr, port uint16) unix.Sockaddr {
	if domain == unix.AF_INET {
		return &unix.SockaddrInet4{Port: int(port), Addr: addr.As4()}
	}
	return &unix.SockaddrInet6{Port: int(port), Addr: addr.As16()}
}

// ready waits for an event on fd.
func ready(fd int, events int16) error {
	fds := []unix.PollFd{{Fd: int32(fd), Events: events}}
	for {
		n, err := unix.Poll(fds, handshakeTimeout)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return err
		case n == 0:
			return unix.ETIMEDOUT
		default:
			return nil
		}
	}
}
