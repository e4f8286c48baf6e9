package scenario

import (
	"net/netip"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// Step is one thing to do or to expect; steps are done one after the other.
type Step struct {
	Label  string // unique if not empty: what Expect.Since and mutants refer to
	Line   int
	Action Action
}

// Action is one of Call, Fork, Control, Wait, Set, Cut, Disturb, Inject, Mute,
// Expect.
type Action interface{ action() }

// Socket names a socket of a program of kind calls.
type Socket struct{ Program, Name string }

// String returns "program.socket".
func (s Socket) String() string { return s.Program + "." + s.Name }

// CallKind is a socket call.
type CallKind string

// The calls. On a raw host, Listen, Connect, Accept, Write, Read, Shutdown,
// Close and Abort are the user's calls of RFC 9293 section 3.9.1.
const (
	Bind     CallKind = "bind"
	Listen   CallKind = "listen" // binds first if At is given
	Connect  CallKind = "connect"
	Accept   CallKind = "accept"
	Write    CallKind = "write"
	ReadCall CallKind = "read"
	Shutdown CallKind = "shutdown" // SHUT_WR
	Close    CallKind = "close"
	Abort    CallKind = "abort" // SO_LINGER {1, 0} and close: a reset
)

// Call is a socket call by a program of kind calls, and what it must give.
type Call struct {
	Call    CallKind
	Socket  Socket         // made by bind, listen, connect and accept
	At      netip.AddrPort // bind, listen
	To      netip.AddrPort // connect
	From    netip.AddrPort // connect: bound before, if valid; the port may be 0
	Of      string         // accept: the listening socket of the same program
	Options SocketOptions  // bind, listen, connect
	Backlog int            // listen; 0: 128
	Data    string         // write; read: what must come, exactly
	Bytes   int64          // write, read: so many bytes instead of Data
	EOF     bool           // read: the end of the stream must come
	Times   int            // connect: so many sockets, named Socket.Name with "1", "2", … appended; 0: one
	Port    PortWish       // connect, bind: the local port that must be chosen
	Fails   string         // the errno that must come, such as "EADDRNOTAVAIL"; empty: success
	Await   bool           // connect: wait for the end; false: return while it is under way
	Within  time.Duration  // how long the call may take
}

// PortWish is which local port a call must have chosen.
type PortWish struct {
	Parity string // "even", "odd" or empty
	Range  *Range // nil: any
}

// Fork starts a child of a calls program that holds the same descriptors. Its
// sockets have the same names.
type Fork struct {
	Program, Child string
}

// ControlKind is what is done to a process.
type ControlKind string

// The controls. A killed child of a calls program stays a zombie until its
// parent ends, because the parent does not wait for it.
const (
	Start    ControlKind = "start"
	End      ControlKind = "end"  // SIGTERM, and wait
	Kill     ControlKind = "kill" // SIGKILL
	Stop     ControlKind = "stop" // SIGSTOP
	Continue ControlKind = "continue"
)

// Control acts on the process of a program.
type Control struct {
	Do      ControlKind
	Program string
}

// Wait lets time pass.
type Wait struct{ For time.Duration }

// Set changes settings of a host.
type Set struct {
	Host     string
	Settings []Setting
}

// Cut makes what one host sends to another vanish, or mends that.
type Cut struct {
	From, To string
	Mend     bool
}

// DisturbKind is what the path between a raw peer and its kernel does to a
// segment.
type DisturbKind string

// The disturbances.
const (
	Lose      DisturbKind = "lose"
	Delay     DisturbKind = "delay"
	Duplicate DisturbKind = "duplicate" // the copy comes By later
	Reorder   DisturbKind = "reorder"   // it comes after the next one of the same sender
)

// Disturb changes the fate of the next matching segments on the link of a raw
// host.
type Disturb struct {
	Do    DisturbKind
	From  string // the sending host
	Match Match
	Skip  int // so many matching ones pass first
	Times int // then so many are disturbed
	By    time.Duration
}

// Match selects segments.
type Match struct {
	Any   bool
	Flags tcp.Flags // exactly these, PSH aside
	Data  *bool     // with data, without, or nil: either
}

// Inject sends hand-made segments over the connection of a raw socket, past
// the machine, which does not notice.
type Inject struct {
	Socket    Socket
	Flags     tcp.Flags
	Seq       int64  // relative to what the machine would send next (SND.NXT)
	Ack       int64  // relative to what it expects (RCV.NXT)
	Data      string // payload
	Timestamp *int64 // relative to the machine's clock, in ms; nil: as the connection does
	NoStamp   bool   // no timestamps option
	Times     int    // so often
	Every     time.Duration
}

// Mute makes the machine of a raw host deaf and dumb, so that only hand-made
// segments leave it; segments that arrive are still captured.
type Mute struct {
	Host string
	Off  bool
}

// Expect is an expectation. Exactly one of Host, Program, Socket is set, or
// Segment is not nil.
type Expect struct {
	Host    string
	Program string
	Socket  Socket
	Segment *Seen

	States   []StateCount   // host
	Counters []Count        // host: kernel counters by their name in /proc/net/netstat or snmp, since the start
	TimeLeft *DurationRange // host: of every TIME_WAIT socket
	Bytes    *Range         // host: kernel memory per TIME_WAIT socket
	Port     uint16         // host: only sockets with this local or remote port; 0: all

	Counts   []Count        // program: opened, open, ended, answered, failures, odd_ports, even_ports, distinct_ports, child counts, errno names
	Slowdown *FloatRange    // program: median connect() time after Split to before
	FailedAt *DurationRange // program: time of the first failure since the start of the program
	FailedNo *Range         // program: how many connections had been opened at the first failure
	Process  string         // program: running, sleeping, stopped, zombie, gone
	Sockets  *Range         // program: socket descriptors that the process holds

	State tcp.State // socket
	Ended string    // socket of a raw host: how: "closed", "reset", "refused", "timed out"
	Local PortWish  // socket

	// Within: it must become so until then. For: it must stay so for so long.
	// After with Since: it must not be so before After.Low, and be so by
	// After.High, counted from the step labelled Since.
	Within time.Duration
	For    time.Duration
	After  *DurationRange
	Since  string
}

// StateCount is how many sockets must be in a state.
type StateCount struct {
	State tcp.State
	Range Range
}

// Count is a named number.
type Count struct {
	Name  string
	Range Range
}

// Seen is a segment that must be seen, or not, on the wire since the step
// labelled Expect.Since; without a label, since the last step that was no
// expectation.
type Seen struct {
	From  string // the sending host
	Match Match
	Times Range
}

// Range is an inclusive range of whole numbers.
type Range struct{ Low, High int64 }

// FloatRange is an inclusive range of numbers.
type FloatRange struct{ Low, High float64 }

// DurationRange is an inclusive range of durations.
type DurationRange struct{ Low, High time.Duration }

func (Call) action()    {}
func (Fork) action()    {}
func (Control) action() {}
func (Wait) action()    {}
func (Set) action()     {}
func (Cut) action()     {}
func (Disturb) action() {}
func (Inject) action()  {}
func (Mute) action()    {}
func (Expect) action()  {}
