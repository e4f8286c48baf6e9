package evidence

import (
	"fmt"
	"net/netip"
	"time"
)

// Namespace is what was seen in one network namespace.
type Namespace struct {
	ID        uint64     `json:"id"`   // inode of the namespace in nsfs
	Name      string     `json:"name"` // as under /run/netns, "pid:N", or "host" for the one linger runs in
	Settings  Settings   `json:"settings"`
	Counters  Counters   `json:"counters"`
	Listeners []Listener `json:"listeners,omitempty"`
	Bound     Bound      `json:"bound"`
	Tallies   []Tally    `json:"tallies,omitempty"` // ordered by number of sockets, largest first
	Dump      Dump       `json:"dump"`

	// What a tracer saw happen here until then; empty without one.
	Failed   []FailedCall `json:"failed_calls,omitempty"` // calls that found no free port, most first
	Connects []Connects   `json:"connects,omitempty"`     // how long connect() took, by destination, most calls first
}

// Dump says how complete the socket dump is.
type Dump struct {
	Sockets     uint64        `json:"sockets"`               // rows the kernel sent
	Took        time.Duration `json:"took_ns"`               // from request to last row
	Torn        int           `json:"torn,omitempty"`        // attempts the kernel flagged as inconsistent
	Approximate bool          `json:"approximate,omitempty"` // the last attempt was torn too: counts may be off
	FoldedInto  uint64        `json:"folded,omitempty"`      // small groups merged into "others" to bound memory
	Unheld      uint64        `json:"unheld,omitempty"`      // live sockets beyond the bound on remembered inodes: their owners cannot be told
}

// Gaps says what was given up to bound memory in the dump of a namespace of
// this name.
func (d Dump) Gaps(namespace string) []Gap {
	var gaps []Gap
	if d.FoldedInto > 0 {
		gaps = append(gaps, Gap{
			What:  fmt.Sprintf("namespace %s: %d small groups were merged into \"others\" to bound memory", namespace, d.FoldedInto),
			Loses: "they are in every sum, but their addresses and budgets are not told",
		})
	}
	if d.Unheld > 0 {
		gaps = append(gaps, Gap{
			What:  fmt.Sprintf("namespace %s: %d live sockets were beyond the bound on those that are remembered", namespace, d.Unheld),
			Loses: "they are counted, but not to the processes that hold them",
		})
	}
	return gaps
}

// Listener is a socket in LISTEN.
type Listener struct {
	Addr    netip.Addr `json:"addr"` // unspecified for a wildcard
	Port    uint16     `json:"port"`
	V6      bool       `json:"v6,omitempty"`     // an AF_INET6 socket
	V6Only  bool       `json:"v6only,omitempty"` // and it does not take IPv4 connections
	Inode   uint64     `json:"inode"`
	UID     uint32     `json:"uid"`
	Queue   uint32     `json:"queue"`   // connections waiting for accept()
	Backlog uint32     `json:"backlog"` // the most that may wait
	PIDs    []int      `json:"pids,omitempty"`
}

// Covers reports whether the listener takes connections to addr:port.
func (l Listener) Covers(addr netip.Addr, port uint16) bool {
	if l.Port != port {
		return false
	}
	if !l.Addr.IsUnspecified() {
		return l.Addr == addr
	}
	if !l.V6 {
		return addr.Is4()
	}
	return addr.Is6() || !l.V6Only
}

// Bound is the set of ports whose bind bucket has a user that bound it
// explicitly, by kind of user. An automatic connect() skips such a port
// whatever addresses are involved (__inet_hash_connect). A TIME_WAIT socket
// of an explicitly bound client also holds its port so, but inet_diag does
// not tell it from an automatic one.
type Bound struct {
	Listening *PortSet `json:"listening,omitempty"` // sockets in LISTEN
	Accepted  *PortSet `json:"accepted,omitempty"`  // inbound connections in any state: they share their listener's bucket
	Idle      *PortSet `json:"idle,omitempty"`      // bound but neither listening nor connected; seen since Linux 6.8
	Connected *PortSet `json:"connected,omitempty"` // outbound connections from a port chosen by the program
}

// Counters are the kernel's own counts. Those of TcpExt and Tcp count since
// the namespace was made.
type Counters struct {
	Sockstat map[string]int64 `json:"sockstat,omitempty"` // "TCP.tw", "TCP.inuse", "TCP6.inuse" of the namespace; "TCP.orphan", "TCP.alloc", "TCP.mem" are host-wide
	TCP      map[string]int64 `json:"tcp,omitempty"`      // from /proc/net/snmp and /proc/net/netstat (TcpExt), names as printed; absent on this kernel: no entry
	Growth   map[string]int64 `json:"growth,omitempty"`   // by how much entries of TCP grew during Over; unchanged ones are left out
	Over     time.Duration    `json:"over_ns,omitempty"`  // the time between the two readings behind Growth
}
