package sockdiag

import (
	"errors"
	"fmt"
	"syscall"
)

// ErrNoModule is matched by the errors of a kernel that cannot dump TCP
// sockets: its tcp_diag module is absent or may not be loaded. The tables in
// /proc/net remain.
var ErrNoModule = errors.New("no tcp_diag module")

// Linux's numbers, also where this package is built for another system.
const (
	errNoEntry      = syscall.Errno(2)
	errNoProtocol   = syscall.Errno(93)
	errNotSupported = syscall.Errno(95)
	errNoBuffers    = syscall.Errno(105)
)

// Error is what the kernel refused, or what was wrong with its answer.
type Error struct {
	Op    string        // what was attempted, such as "dump sockets"
	Errno syscall.Errno // 0 if the answer itself was wrong
	Words string        // the kernel's extended acknowledgement, or what was wrong with its answer
}

// Error returns the operation, the error number's text and the words.
func (e *Error) Error() string {
	text := e.Op
	if e.Is(ErrNoModule) {
		text += ": " + ErrNoModule.Error()
	}
	if e.Errno != 0 {
		text += ": " + e.Errno.Error()
	}
	switch {
	case e.Words == "":
		return text
	case e.Errno == 0:
		return text + ": " + e.Words
	}
	return text + " (" + e.Words + ")"
}

// Unwrap returns the error number, for errors.Is with a syscall.Errno.
func (e *Error) Unwrap() error {
	if e.Errno == 0 {
		return nil
	}
	return e.Errno
}

// Is reports true for ErrNoModule if the error number means that. The new
// request fails with ENOENT (inet_diag_lock_handler), the compat one with
// EOPNOTSUPP if inet_diag is absent too (sock_diag_rcv_msg), and socket()
// with EPROTONOSUPPORT without NETLINK_SOCK_DIAG.
func (e *Error) Is(target error) bool {
	return target == ErrNoModule &&
		(e.Errno == errNoEntry || e.Errno == errNotSupported || e.Errno == errNoProtocol)
}

// Hint returns a command that may help, or "".
func (e *Error) Hint() string {
	if e.Is(ErrNoModule) {
		return "modprobe tcp_diag"
	}
	return ""
}

// malformed describes an answer that breaks the protocol at byte offset at of
// its datagram.
func malformed(at int, format string, args ...any) error {
	return &Error{Op: opDump, Words: fmt.Sprintf(format, args...) + fmt.Sprintf(" at byte %d of the answer", at)}
}

const (
	opOpen    = "open socket for dumps"
	opRequest = "request dump"
	opDump    = "dump sockets"
)
