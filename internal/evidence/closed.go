package evidence

import (
	"net/netip"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// Closed is one connection that ended, seen from one of its ends: one over
// loopback ends twice. What was not seen is left out, never zero.
type Closed struct {
	At          time.Time `json:"at"` // the full socket closed; a mini-socket then takes its place
	Netns       uint32    `json:"netns"`
	NetnsCookie uint64    `json:"netns_cookie"`
	Cookie      uint64    `json:"cookie"` // also of the mini-socket, as inet_diag has it
	tcp.FourTuple
	Origin    Origin        `json:"origin"`
	Opener    *Owner        `json:"opener,omitempty"` // who called connect, or listen; nil if not known
	Closer    *Owner        `json:"closer,omitempty"` // who closed this end; nil if not known, or nobody did
	First     First         `json:"first"`
	How       string        `json:"how"`              // by what Closer closed: close, shutdown, exit, signal, disconnect, destroy; or unknown
	Signal    int           `json:"signal,omitempty"` // that killed Closer
	End       End           `json:"end"`
	Estimated bool          `json:"estimated,omitempty"` // End is a guess from the states before
	Lived     time.Duration `json:"lived_ns,omitempty"`  // since connect() or the handshake; 0: it is older than the tracer
	Sent      uint64        `json:"sent"`                // payload bytes, retransmissions not counted again
	Received  uint64        `json:"received"`            // payload bytes, in order
}

// Origin is the call that made a connection.
type Origin string

// The origins; any other word means that it was not seen.
const (
	Connected Origin = "connect"
	Accepted  Origin = "accept"
)

// First says who ended a connection first, seen from the socket's own end.
type First string

// Who closed first; any other word means that it is not known. The resets
// ended the connection without any FIN before.
const (
	Us          First = "us"
	Them        First = "them"
	Both        First = "both" // a simultaneous close, through CLOSING
	ResetByUs   First = "reset by us"
	ResetByThem First = "reset by them"
	TimedOut    First = "timeout"
)

// End is the state that a connection left behind, or what ended it without.
type End string

// The ends that leave a mini-socket. A FIN_WAIT2 becomes TIME_WAIT if the
// peer closes too, which is not seen.
const (
	LeftTimeWait End = "TIME_WAIT"
	LeftFinWait2 End = "FIN_WAIT2"
)

// Lingers reports whether a mini-socket was left behind.
func (c *Closed) Lingers() bool { return c.End == LeftTimeWait || c.End == LeftFinWait2 }

// Maker returns the process to which the end of the connection is counted: the
// closer, or the opener where nobody is known to have closed; nil for neither.
func (c *Closed) Maker() *Owner {
	if c.Closer != nil {
		return c.Closer
	}
	return c.Opener
}

// Shared reports whether opener and closer are known, and two processes.
func (c *Closed) Shared() bool {
	return c.Opener != nil && c.Closer != nil && (c.Opener.PID != c.Closer.PID || c.Opener.Start != c.Closer.Start)
}

// FailedCall is a call that found no free port: calls of one process toward
// one address that failed alike are one FailedCall, with a count.
type FailedCall struct {
	At          time.Time      `json:"at"` // the latest
	NetnsCookie uint64         `json:"netns_cookie"`
	Owner       *Owner         `json:"owner,omitempty"`
	Call        string         `json:"call"`            // connect, bind or listen
	Errno       string         `json:"errno"`           // EADDRNOTAVAIL of connect, else EADDRINUSE
	Addr        netip.AddrPort `json:"addr"`            // the destination of connect, else the address asked for
	Bound       bool           `json:"bound,omitempty"` // connect only: the program had chosen the source port
	Fresh       uint64         `json:"fresh"`           // how many since the last time that this was told
	Count       uint64         `json:"count"`           // how many since tracing began
}

// Traced says how much a tracer saw.
type Traced struct {
	Since         time.Time `json:"since"`
	Exact         bool      `json:"exact"`          // TIME_WAIT is observed, not estimated from the states before
	Closed        uint64    `json:"closed"`         // connections that ended
	Lost          uint64    `json:"lost"`           // of Closed, those that are not told because nobody read them in time
	UnknownOwner  uint64    `json:"unknown_owner"`  // of Closed, those with neither closer nor opener
	UnknownCloser uint64    `json:"unknown_closer"` // of Closed, those that this end closed, nobody knows who
	Failures      uint64    `json:"failures"`       // calls that found no free port
	Gaps          []Gap     `json:"gaps,omitempty"`
}
