package workload

import (
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// socket is a plain TCP socket that was made with direct system calls, so that
// no call is repeated and each error is the kernel's. Like an os.File it is
// safe for concurrent use, and its deadlines hold for all waiting calls.
type socket struct {
	*os.File
	raw syscall.RawConn
	uid uint32 // of the sockets that it accepts
}

// newSocket makes a socket for addresses of the family of at, with its options
// set.
func newSocket(at netip.Addr, o Options) (*socket, error) {
	family := unix.AF_INET6
	if at.Is4() {
		family = unix.AF_INET
	}
	fd, err := asUser(o.UID, func() (int, error) {
		return unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	})
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if err := o.apply(fd); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return wrapSocket(fd, o.UID)
}

// wrapSocket takes over a non-blocking descriptor.
func wrapSocket(fd int, uid uint32) (*socket, error) {
	f := os.NewFile(uintptr(fd), "socket")
	raw, err := f.SyscallConn()
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &socket{File: f, raw: raw, uid: uid}, nil
}

// control makes a system call that does not wait.
func (s *socket) control(name string, call func(fd int) error) error {
	var err error
	if outer := s.raw.Control(func(fd uintptr) { err = call(int(fd)) }); outer != nil {
		return outer
	}
	return os.NewSyscallError(name, err)
}

func (s *socket) bind(at netip.AddrPort) error {
	return s.control("bind", func(fd int) error { return unix.Bind(fd, sockaddr(at)) })
}

func (s *socket) listen(backlog int) error {
	return s.control("listen", func(fd int) error { return unix.Listen(fd, backlog) })
}

// connect connects and, with await, waits for the end of the handshake. The
// duration is that of connect(2) alone, in which the kernel chooses the port
// and sends the SYN.
func (s *socket) connect(to netip.AddrPort, await bool) (took time.Duration, err error) {
	addr := sockaddr(to)
	err = s.control("connect", func(fd int) error {
		began := time.Now()
		err := unix.Connect(fd, addr)
		took = time.Since(began)
		if err == unix.EINPROGRESS {
			return nil
		}
		return err
	})
	if err != nil || !await {
		return took, err
	}
	var failed error
	err = s.raw.Write(func(fd uintptr) bool {
		pending, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
		if err != nil {
			failed = err
			return true
		}
		if pending != 0 {
			failed = syscall.Errno(pending)
			return true
		}
		// The poller can wake too early: a socket looks hung up before it connects.
		_, err = unix.Getpeername(int(fd))
		return err == nil
	})
	if err == nil {
		err = os.NewSyscallError("connect", failed)
	}
	return took, err
}

// accept waits for a connection.
func (s *socket) accept() (*socket, error) {
	var conn int
	var failed error
	err := s.raw.Read(func(fd uintptr) bool {
		conn, failed = asUser(s.uid, func() (int, error) {
			c, _, err := unix.Accept4(int(fd), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
			return c, err
		})
		return failed != unix.EAGAIN
	})
	if err == nil {
		err = os.NewSyscallError("accept", failed)
	}
	if err != nil {
		return nil, err
	}
	return wrapSocket(conn, s.uid)
}

// CloseWrite is named as that of net.TCPConn: shutdown(SHUT_WR).
func (s *socket) CloseWrite() error {
	return s.control("shutdown", func(fd int) error { return unix.Shutdown(fd, unix.SHUT_WR) })
}

// SetLinger is named as that of net.TCPConn: SO_LINGER.
func (s *socket) SetLinger(seconds int) error {
	return s.control("set SO_LINGER", func(fd int) error {
		return unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1, Linger: int32(seconds)})
	})
}

// local returns the own address, if there is one.
func (s *socket) local() (at netip.AddrPort) {
	_ = s.control("getsockname", func(fd int) error {
		sa, err := unix.Getsockname(fd)
		at = address(sa)
		return err
	})
	return at
}

// remote returns the peer's address and the error of getpeername(2), which is
// ENOTCONN from the last state of a connection on.
func (s *socket) remote() (at netip.AddrPort, err error) {
	err = s.control("getpeername", func(fd int) error {
		sa, err := unix.Getpeername(fd)
		at = address(sa)
		return err
	})
	return at, err
}

// state returns the connection state as the kernel numbers it, and the error
// that waits in SO_ERROR, which the call takes away.
func (s *socket) state() (state uint8, pending, err error) {
	err = s.control("get TCP_INFO", func(fd int) error {
		info, err := unix.GetsockoptTCPInfo(fd, unix.SOL_TCP, unix.TCP_INFO)
		if err != nil {
			return err
		}
		state = info.State
		n, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
		if n != 0 {
			pending = syscall.Errno(n)
		}
		return err
	})
	return state, pending, err
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

func address(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr).Unmap(), uint16(sa.Port))
	}
	return netip.AddrPort{}
}
