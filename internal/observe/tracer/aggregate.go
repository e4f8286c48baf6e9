package tracer

import (
	"net/netip"
	"time"
)

// Group counts connections that ended alike.
type Group struct {
	Owner     Process `json:"owner"` // as Basis says; its name is that of the first time
	Basis     Basis   `json:"basis"`
	Namespace uint64  `json:"netns_cookie"`
	Inode     uint32  `json:"netns"` // of the namespace in nsfs
	Origin    Origin  `json:"origin"`
	First     First   `json:"first"`
	How       How     `json:"how"`
	Other     bool    `json:"other,omitempty"` // all that had no room as a group: nothing above is known

	Closed   uint64        `json:"closed"`
	TimeWait uint64        `json:"time_wait"` // of Closed, those that left a TIME_WAIT at once
	FinWait2 uint64        `json:"fin_wait2"` // of Closed, those that left a FIN_WAIT2 mini-socket, which becomes TIME_WAIT if the peer closes too
	Sent     uint64        `json:"sent"`
	Received uint64        `json:"received"`
	Life     time.Duration `json:"life_ns"` // sum over Born
	Born     uint64        `json:"born"`    // of Closed, those whose birth was seen
	Last     time.Duration `json:"last_ns"` // since boot
}

// Failure counts calls of one process that failed alike.
type Failure struct {
	Owner     Process        `json:"owner"`
	Namespace uint64         `json:"netns_cookie"`
	Call      Call           `json:"call"`
	Addr      netip.AddrPort `json:"addr"`  // the destination of connect, else the address asked for
	Bound     bool           `json:"bound"` // the program had chosen the source port
	Count     uint64         `json:"count"`
	Last      time.Duration  `json:"last_ns"` // since boot
}

// Listener tells the tracer of a listening socket older than itself.
type Listener struct {
	Namespace uint64 // cookie
	Addr      netip.Addr
	V6        bool // an AF_INET6 socket: [::] is not 0.0.0.0
	Port      uint16
	Owner     Process
}
