package sockdiag

import (
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// receiveTimeout is how soon a silent kernel is given up for a look at the
// context, in microseconds. A dump answers at once, so it is not waited for
// in practice.
const receiveTimeout = 100_000

// Open returns a Client of the network namespace that the calling thread is
// in. The Client stays with that namespace, whichever thread uses it. Errors
// are *Error.
func Open() (*Client, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, failure(opOpen, err)
	}
	s := &netlinkSocket{fd: fd}
	if err := s.prepare(); err != nil {
		_ = s.Close()
		return nil, failure(opOpen, err)
	}
	return New(s), nil
}

// netlinkSocket is the Transport of the real kernel.
type netlinkSocket struct{ fd int }

func (s *netlinkSocket) prepare() error {
	// Connected to port 0, the socket takes messages from the kernel alone
	// (netlink_getsockbyportid).
	if err := unix.Connect(s.fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	// Words of refusal are welcome, but come only since Linux 4.12.
	_ = unix.SetsockoptInt(s.fd, unix.SOL_NETLINK, unix.NETLINK_CAP_ACK, 1)
	_ = unix.SetsockoptInt(s.fd, unix.SOL_NETLINK, unix.NETLINK_EXT_ACK, 1)
	timeout := unix.NsecToTimeval(receiveTimeout * 1000)
	return unix.SetsockoptTimeval(s.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout)
}

// Send implements Transport.
func (s *netlinkSocket) Send(request []byte) error {
	for {
		_, err := unix.Write(s.fd, request)
		if err == unix.EINTR {
			continue
		}
		return failure(opRequest, err)
	}
}

// Receive implements Transport. The system call is made directly, because
// unix.Recvfrom allocates the sender's address for every datagram and
// unix.Read does not tell that one was cut. While a dump lasts the next
// datagram is always ready, so the scheduler is first not told of the call: it
// would take the processor away from this thread for each.
func (s *netlinkSocket) Receive(buf []byte) (int, error) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(s.fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(len(buf)), unix.MSG_TRUNC|unix.MSG_DONTWAIT, 0, 0)
	for waited := false; errno == unix.EINTR || errno == unix.EAGAIN; waited = true {
		if waited && errno == unix.EAGAIN {
			return 0, os.ErrDeadlineExceeded
		}
		n, _, errno = syscall.Syscall6(unix.SYS_RECVFROM, uintptr(s.fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(len(buf)), unix.MSG_TRUNC, 0, 0)
	}
	if errno != 0 {
		return 0, failure(opDump, errno)
	}
	return int(n), nil
}

// Close implements Transport.
func (s *netlinkSocket) Close() error {
	fd := s.fd
	s.fd = -1
	return failure("close socket", unix.Close(fd))
}

// failure returns err, which is nil or a system call's, as an *Error.
func failure(op string, err error) error {
	if err == nil {
		return nil
	}
	errno, _ := err.(syscall.Errno)
	return &Error{Op: op, Errno: errno}
}
