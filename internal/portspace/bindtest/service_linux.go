package bindtest

import (
	"errors"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Service listens at a port that is in nobody's way. It must run inside
// Host.Do, as Open.
func (s *Stage) Service(addr netip.Addr) (netip.AddrPort, error) {
	port := s.peerPort()
	fd, ok, err := s.bound(Socket{Addr: addr, V6: addr.Is6()}, port)
	if err != nil || !ok {
		return netip.AddrPort{}, errors.Join(err, errors.New("a peer's port is not free"))
	}
	return netip.AddrPortFrom(addr, port), unix.Listen(fd, 128)
}

// Open connects from an address to a service as clients should that have a
// source of their own, and keeps the connection; false if no port is left.
func (s *Stage) Open(from netip.Addr, to netip.AddrPort) (bool, error) {
	fd, err := s.socket(Socket{Addr: from, V6: from.Is6()})
	if err != nil {
		return false, err
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
		return false, err
	}
	if err := unix.Bind(fd, sockaddr(Socket{Addr: from, V6: from.Is6()}, 0)); err != nil {
		return false, err
	}
	err = connect(fd, sockaddr(Socket{Addr: to.Addr(), V6: to.Addr().Is6()}, to.Port()))
	if errors.Is(err, unix.EADDRNOTAVAIL) {
		return false, nil
	}
	return err == nil, err
}
