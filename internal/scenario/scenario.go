package scenario

import (
	"net/netip"
	"time"
)

// File is a scenario file: what it says of itself, and the scenario with its
// variables still in it. Plays resolves them.
type File struct {
	Name    string   // of letters, digits and hyphens
	Claim   string   // the one sentence that the scenario proves
	Explain string   // why it is so, and what it means for the reader
	Sources []string // RFC sections, kernel functions, commits
	Topics  []string // words to find it by
	Notes   []Note   // on kernels where the claim is not so
	Needs   []string // settings without which it cannot be tested, such as "net.ipv4.tcp_tw_reuse_delay"
	Heavy   bool     // takes a processor for itself: at most one such scenario is played at a time
	Alone   bool     // measures the whole machine: nothing else is played meanwhile
	// Mutant is the change that makes the claim false; nil if the file has none.
	Mutant *Mutant

	path  string
	tree  *node
	plays []Play
}

// Note says what is different on some kernels.
type Note struct {
	Before string // the first kernel release for which the note does not hold, such as "6.14"
	Since  string // the first for which it does; empty: from the beginning
	Says   string
}

// Mutant is the proof that a claim can fail: a change of the scenario under
// which the expectations must not hold.
type Mutant struct {
	Because string // why the claim is then false
}

// Play is one run of a scenario: everything is resolved and valid. A file
// without cases has one. Plays of a file are independent and may be run
// side by side.
type Play struct {
	Case     string // what distinguishes it, such as "rfc1337=1"; empty if there is one
	Hosts    []Host // in the order of the file
	Links    []Link
	Programs []Program
	Steps    []Step
}

// Host is a machine of its own: on the real kernel a network namespace.
type Host struct {
	Name     string
	Settings []Setting // written before anything else happens
	Raw      *Raw      // not nil: a peer made of the state machine, without a kernel
	Line     int
}

// Setting is a sysctl of a host.
type Setting struct {
	Key, Value string
	Line       int
}

// Raw is how a raw peer behaves; package tcp explains the parameters.
type Raw struct {
	TimeWait   time.Duration
	Timestamps bool
	RFC1337    bool
	Linux      bool
	MSS        uint16
	Window     uint32
	FinTimeout time.Duration
	ISS        *uint32 // the initial sequence number of every connection; nil: chosen anew for each
}

// Link joins two hosts. At most one of them is raw, and a raw host has one link.
type Link struct {
	A, B           string
	AAddrs, BAddrs []netip.Prefix
	Line           int
}

// ProgramKind is what a program does.
type ProgramKind string

// The kinds of programs. Calls does only what the steps tell it; it is the only
// one that can run on a raw host. The others are the workload.
const (
	Calls       ProgramKind = "calls"
	EchoServer  ProgramKind = "echo-server"
	HoldServer  ProgramKind = "hold-server"  // never closes what its peer closed
	ForkServer  ProgramKind = "fork-server"  // a child process serves each connection; the parent keeps its descriptor as told
	ShortClient ProgramKind = "short-client" // a connection for each request, or one for all (keep_alive)
	HoldClient  ProgramKind = "hold-client"  // opens one connection and keeps it
	FileServer  ProgramKind = "file-server"  // sends a file of the size asked for, then closes
	FileClient  ProgramKind = "file-client"
)

// Closing is how an end of a connection is closed.
type Closing string

// The ways to close. Kill is not here: it is a step.
const (
	ByClose    Closing = "close"    // close(2)
	ByShutdown Closing = "shutdown" // shutdown(SHUT_WR), wait for the peer's end, close(2)
	ByReset    Closing = "reset"    // SO_LINGER {1, 0} and close(2)
)

// Program is a process on a host.
type Program struct {
	Name  string
	On    string // host
	Run   ProgramKind
	Later bool // is started by a step, not before the first one

	Listen      netip.AddrPort // servers
	To          netip.AddrPort // clients: where they connect
	From        netip.AddrPort // clients: bound before connect if valid; the port may be 0
	Options     SocketOptions
	Rate        float64       // requests per second over all workers; 0: as fast as they go
	Concurrency int           // workers at once
	Count       int           // requests in all; 0: no end
	Hold        time.Duration // from the answer to the close
	Think       time.Duration // servers: before each answer
	Bytes       int64         // file transfer: size of the file
	KeepAlive   bool
	ClosesFirst bool    // this end closes first
	How         Closing // how it closes
	Retain      bool    // fork-server: the parent keeps the connection's descriptor too
	Split       int     // short-client: compare connect() times before and after so many connections
	Line        int
}

// SocketOptions are set on a socket before bind or connect.
type SocketOptions struct {
	ReuseAddr bool          // SO_REUSEADDR
	ReusePort bool          // SO_REUSEPORT
	NoPort    bool          // IP_BIND_ADDRESS_NO_PORT
	V6Only    bool          // IPV6_V6ONLY
	PortRange [2]uint16     // IP_LOCAL_PORT_RANGE, low and high; zero: not set
	Linger2   time.Duration // TCP_LINGER2; 0: not set
	Negative  bool          // TCP_LINGER2 of -1
	KeepAlive bool          // SO_KEEPALIVE
	UID       uint32        // the user that makes the socket; 0 is root
}
