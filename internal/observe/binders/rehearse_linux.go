package binders

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/portspace"
)

// ErrNotThatUser says that this process may not make sockets in another
// user's name, which takes CAP_SETUID.
var ErrNotThatUser = errors.New("no right to act as another user")

// Rehearse calls bind() as asked in the namespace of the calling thread, and
// closes the socket at once. It does not listen: a client could come. The
// caller locks the goroutine to its thread; for a moment that has another file
// system uid, which sockets take their owner from (sock_alloc), and if
// Request.Privileged is false no CAP_NET_BIND_SERVICE.
func Rehearse(req *portspace.Request) (portspace.Errno, error) {
	fd, err := socket(req)
	if err != nil {
		return "", fmt.Errorf("rehearse bind: %w", err)
	}
	defer unix.Close(fd) //nolint:errcheck // nothing was written
	if req.Privileged {
		return bind(fd, req)
	}
	back, err := unprivileged()
	if err != nil {
		return "", fmt.Errorf("rehearse bind: %w", err)
	}
	answer, err := bind(fd, req)
	return answer, errors.Join(err, back())
}

func socket(req *portspace.Request) (int, error) {
	family := unix.AF_INET
	if req.V6 {
		family = unix.AF_INET6
	}
	before, err := unix.SetfsuidRetUid(int(req.UID))
	if err != nil {
		return -1, err
	}
	// setfsuid answers what was before, also if it does nothing.
	now, err := unix.SetfsuidRetUid(-1)
	if err != nil {
		return -1, err
	}
	defer unix.SetfsuidRetUid(before) //nolint:errcheck // back to what it was
	if now != int(req.UID) {
		return -1, ErrNotThatUser
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		return -1, err
	}
	for _, o := range []struct {
		on          bool
		level, name int
		value       int
	}{
		{req.ReuseAddr, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1},
		{req.ReusePort, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1},
		{req.V6Only, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1},
		{req.V6 && !req.V6Only, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0}, // net.ipv6.bindv6only
	} {
		if !o.on {
			continue
		}
		if err := unix.SetsockoptInt(fd, o.level, o.name, o.value); err != nil {
			return -1, errors.Join(err, unix.Close(fd))
		}
	}
	return fd, nil
}

func bind(fd int, req *portspace.Request) (portspace.Errno, error) {
	var to unix.Sockaddr
	if req.V6 {
		to = &unix.SockaddrInet6{Port: int(req.Port), Addr: req.Addr.As16(), ZoneId: req.Device}
	} else {
		to = &unix.SockaddrInet4{Port: int(req.Port), Addr: req.Addr.As4()}
	}
	err := unix.Bind(fd, to)
	var errno unix.Errno
	switch {
	case err == nil:
		return portspace.OK, nil
	case errors.As(err, &errno):
		return portspace.Errno(unix.ErrnoName(errno)), nil
	}
	return "", fmt.Errorf("rehearse bind: %w", err)
}

// unprivileged takes CAP_NET_BIND_SERVICE from the calling thread, until back.
func unprivileged() (back func() error, err error) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return nil, fmt.Errorf("read capabilities: %w", err)
	}
	less := data
	less[0].Effective &^= 1 << unix.CAP_NET_BIND_SERVICE
	if err := unix.Capset(&header, &less[0]); err != nil {
		return nil, fmt.Errorf("drop CAP_NET_BIND_SERVICE: %w", err)
	}
	return func() error {
		if err := unix.Capset(&header, &data[0]); err != nil {
			return fmt.Errorf("take CAP_NET_BIND_SERVICE back: %w", err)
		}
		return nil
	}, nil
}
