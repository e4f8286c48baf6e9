package cli

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/why"
)

// try makes one connection as an ordinary client does, and closes it with a
// reset, so that it takes no port afterwards. With src it sets
// IP_BIND_ADDRESS_NO_PORT, as clients with a source of their own should.
func try(src netip.Addr, dst netip.AddrPort, within time.Duration) (*why.Tried, error) {
	family := unix.AF_INET6
	if dst.Addr().Is4() {
		family = unix.AF_INET
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.IPPROTO_TCP)
	if err != nil {
		return nil, fmt.Errorf("try to connect: %w", err)
	}
	defer unix.Close(fd) //nolint:errcheck // nothing was written
	if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
		return nil, fmt.Errorf("try to connect: %w", err)
	}
	if src.IsValid() {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
			return nil, fmt.Errorf("try to connect: %w", err)
		}
		if err := unix.Bind(fd, sockaddrOf(netip.AddrPortFrom(src, 0))); err != nil {
			return nil, fmt.Errorf("try to connect from %s: %w", src, err)
		}
	}
	start := time.Now()
	err = unix.Connect(fd, sockaddrOf(dst))
	if errors.Is(err, unix.EINPROGRESS) {
		err = wait(fd, start.Add(within))
	}
	tried := &why.Tried{Took: time.Since(start)}
	var errno unix.Errno
	switch {
	case errors.As(err, &errno):
		tried.Errno = unix.ErrnoName(errno)
	case err != nil:
		return nil, fmt.Errorf("try to connect: %w", err)
	}
	return tried, nil
}

// wait returns how a connect() under way ends.
func wait(fd int, until time.Time) error {
	for {
		left := time.Until(until).Milliseconds()
		if left <= 0 {
			return unix.ETIMEDOUT
		}
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, int(left))
		switch {
		case errors.Is(err, unix.EINTR), err == nil && n == 0:
			continue
		case err != nil:
			return err
		}
		code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
		if err == nil && code != 0 {
			err = unix.Errno(code)
		}
		return err
	}
}

func sockaddrOf(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16(), ZoneId: zone(a.Addr())}
}
