package kerneltest

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// patience bounds the wait for the other end, in ms. On one machine it is there
// within microseconds, but for a connection that lost a segment.
const patience = 5000

// socket makes a socket that never waits by itself: Go's signals would end a
// call that has a timeout.
func socket(v6 bool) (int, error) {
	family := unix.AF_INET
	if v6 {
		family = unix.AF_INET6
	}
	return unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.IPPROTO_TCP)
}

// take accepts a connection that is established.
func take(listener int) (int, error) {
	fd, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
	for errors.Is(err, unix.EAGAIN) {
		if err := await(listener, unix.POLLIN); err != nil {
			return -1, err
		}
		fd, _, err = unix.Accept4(listener, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
	}
	if err != nil {
		return -1, fmt.Errorf("accept: %w", err)
	}
	return fd, nil
}

func await(fd int, events int16) error {
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: events}}, patience)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return fmt.Errorf("poll: %w", err)
		case n == 0:
			return fmt.Errorf("wait for the other end: %w", unix.ETIMEDOUT)
		default:
			return nil
		}
	}
}

// awaitFIN reads until the other end has closed, so that the order of both
// closes is certain.
func awaitFIN(fd int) error {
	var buf [1]byte
	for {
		n, err := unix.Read(fd, buf[:])
		if err == nil && n == 0 {
			return nil
		}
		if !errors.Is(err, unix.EAGAIN) {
			return fmt.Errorf("wait for FIN: %w", err)
		}
		if err := await(fd, unix.POLLIN); err != nil {
			return err
		}
	}
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

func addrPort(name unix.Sockaddr) netip.AddrPort {
	switch n := name.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(n.Addr), uint16(n.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(n.Addr), uint16(n.Port))
	}
	return netip.AddrPort{}
}
