package sockdiagtest

import "syscall"

// Fault is one way in which a dump goes wrong; make it with the functions
// below.
type Fault struct {
	name  fault
	errno syscall.Errno
	words string
	after int
}

type fault int

const (
	torn fault = iota + 1
	refused
	endRefused
	overrun
	receiveError
	cut
	oversized
	wrongSequence
	silent
	fine
)

// Fine is the fault of a dump that goes well, between others.
func Fine() Fault { return Fault{name: fine} }

// Torn flags the last datagram with rows as inconsistent (NLM_F_DUMP_INTR).
func Torn() Fault { return Fault{name: torn} }

// Refused answers the request with NLMSG_ERROR, and words if there are any.
func Refused(errno syscall.Errno, words string) Fault {
	return Fault{name: refused, errno: errno, words: words}
}

// EndRefused sends the rows, and puts the error into NLMSG_DONE.
func EndRefused(errno syscall.Errno, words string) Fault {
	return Fault{name: endRefused, errno: errno, words: words}
}

// Overrun sends NLMSG_OVERRUN after the rows.
func Overrun() Fault { return Fault{name: overrun} }

// ReceiveError makes the system call fail after the first datagram, as with
// ENOBUFS.
func ReceiveError(errno syscall.Errno) Fault { return Fault{name: receiveError, errno: errno} }

// Cut ends the first datagram with rows after so many bytes.
func Cut(after int) Fault { return Fault{name: cut, after: after} }

// Oversized sends a datagram that no buffer can hold.
func Oversized() Fault { return Fault{name: oversized} }

// WrongSequence answers under another sequence number.
func WrongSequence() Fault { return Fault{name: wrongSequence} }

// Silent sends the rows and then nothing for ever.
func Silent() Fault { return Fault{name: silent} }
