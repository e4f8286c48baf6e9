package workload

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Kind says what an Event tells.
type Kind string

// The kinds of events. Failed comes for the first failure with each errno
// only; the others are in the counts. Done is the last one of a program that
// got as far as Started.
const (
	Started Kind = "started" // Local is bound; the hold client also is connected
	Failed  Kind = "failed"
	Counted Kind = "counts" // as they change, each second at most, or as -every says
	Done    Kind = "done"
)

// Event is one line of a program's output.
type Event struct {
	Time    time.Time      `json:"time"`
	Program string         `json:"program"`
	Kind    Kind           `json:"event"`
	Local   netip.AddrPort `json:"local,omitzero"`
	Remote  netip.AddrPort `json:"remote,omitzero"`
	Errno   string         `json:"errno,omitempty"` // such as "EADDRNOTAVAIL", or one of the words below
	Error   string         `json:"error,omitempty"`
	Counts
}

// The words that stand where there is no errno.
const (
	Timeout   = "timeout"    // the program's own, not ETIMEDOUT
	Closed    = "closed"     // closed meanwhile by the program itself
	WrongByte = "wrong byte" // a file did not arrive as it was sent
	Other     = "other"
)

var errWrongByte = errors.New("wrong byte")

// errnoName returns the name of the kernel's error, or a word.
func errnoName(err error) string {
	var errno syscall.Errno
	switch {
	case errors.As(err, &errno):
		return unix.ErrnoName(errno)
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return Timeout
	case errors.Is(err, os.ErrClosed), errors.Is(err, net.ErrClosed):
		return Closed
	case errors.Is(err, errWrongByte):
		return WrongByte
	}
	return Other
}

func addrPort(a net.Addr) netip.AddrPort {
	if t, ok := a.(*net.TCPAddr); ok && t != nil {
		p := t.AddrPort()
		return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
	}
	return netip.AddrPort{}
}
