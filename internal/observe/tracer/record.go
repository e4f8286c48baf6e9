package tracer

import (
	"net/netip"
	"time"
)

// Process is one process as it was when it acted. The zero Process is nobody:
// not seen, or a kernel thread.
type Process struct {
	PID    int           `json:"pid"`      // thread group, in the host's PID namespace
	Start  time.Duration `json:"start_ns"` // since boot; with PID it names the process for ever
	Name   string        `json:"name"`     // of the process, not of the thread; at most 15 bytes
	Parent int           `json:"ppid"`
	UID    uint32        `json:"uid"`
	Cgroup uint64        `json:"cgroup"` // inode in the cgroup v2 tree; 1, its root, where only v1 is used
}

// Known reports whether p is a process.
func (p Process) Known() bool { return p.PID != 0 }

// Ticks returns Start as field 22 of /proc/PID/stat has it, in hundredths of
// a second: USER_HZ is 100 on all of Go's Linux ports. A time namespace shifts
// what /proc shows, but not this.
func (p Process) Ticks() uint64 { return uint64(p.Start / (10 * time.Millisecond)) }

// Life is what is known of a connection that has ended at this host.
type Life struct {
	Opener Process `json:"opener"` // who called connect, or listen
	Closer Process `json:"closer"` // who closed this end
	Course
}

// Course is how a connection went. Times are since boot (CLOCK_BOOTTIME); 0
// means that the tracer came later.
type Course struct {
	Origin    Origin        `json:"origin"`
	First     First         `json:"first"`
	How       How           `json:"how"`              // by what Closer closed
	Signal    int           `json:"signal,omitempty"` // that killed Closer, with BySignal
	End       End           `json:"end"`
	Estimated bool          `json:"estimated,omitempty"` // EndTimeWait is a guess from the states: see Coverage.Exact
	Born      time.Duration `json:"born_ns"`             // connect() was called, or the handshake completed
	Shut      time.Duration `json:"shut_ns"`             // the first FIN or RST
	Ended     time.Duration `json:"ended_ns"`            // the full socket closed; a mini-socket then takes its place
	Sent      uint64        `json:"sent"`                // payload bytes, retransmissions not counted again
	Received  uint64        `json:"received"`            // payload bytes, in order; what comes during EndFinWait2 is missing
}

// Lingers reports whether a mini-socket was left behind: TIME_WAIT, or a
// FIN_WAIT2 that becomes one when the peer's FIN comes. No tracepoint shows
// that; a dump has the state, under the same cookie.
func (c *Course) Lingers() bool { return c.End == EndTimeWait || c.End == EndFinWait2 }

// Owner returns the closer, or the opener where that is not known.
func (l *Life) Owner() Process {
	if l.Closer.Known() {
		return l.Closer
	}
	return l.Opener
}

// Record is one thing that happened to one connection.
type Record struct {
	Event     Event          `json:"event"`
	Failure   Call           `json:"failure,omitempty"` // of Failed: what failed
	Cookie    uint64         `json:"cookie"`            // as inet_diag has it, also for the mini-socket; 0 in failures of bind and listen
	Namespace uint64         `json:"netns_cookie"`
	Inode     uint32         `json:"netns"` // of the namespace in nsfs; they are used again
	Src       netip.AddrPort `json:"src"`   // of Failed: what was asked for; port 0 is an automatic one
	Dst       netip.AddrPort `json:"dst"`
	Life
}
