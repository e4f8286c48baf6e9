package evidence

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// Direction tells which end opened the connection.
type Direction uint8

// A connection is Outbound when this host called connect(), Inbound when it
// was accepted from a listener.
const (
	Outbound Direction = iota + 1
	Inbound
)

// String returns "outbound" or "inbound".
func (d Direction) String() string {
	switch d {
	case Outbound:
		return "outbound"
	case Inbound:
		return "inbound"
	}
	return "unknown"
}

// MarshalText returns the form of String.
func (d Direction) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the form of String.
func (d *Direction) UnmarshalText(text []byte) error {
	switch string(text) {
	case "outbound":
		*d = Outbound
	case "inbound":
		*d = Inbound
	default:
		return fmt.Errorf("unknown direction %q", text)
	}
	return nil
}

// Key names a tally within a namespace. It is comparable.
type Key struct {
	Direction Direction  `json:"direction"`
	Src       netip.Addr `json:"src"` // local address
	Dst       netip.Addr `json:"dst"` // remote address; the zero Addr stands for "others", merged to bound memory
	Port      uint16     `json:"port"`
}

// Others reports whether the key stands for groups that were merged.
func (k Key) Others() bool { return !k.Dst.IsValid() }

// Compare orders keys: outbound first, then by addresses and port.
func (k Key) Compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Direction, o.Direction), k.Dst.Compare(o.Dst), cmp.Compare(k.Port, o.Port), k.Src.Compare(o.Src))
}

// Service returns the address and port of the end that was connected to. Its
// address is the zero Addr for outbound "others".
func (k Key) Service() netip.AddrPort {
	if k.Direction == Inbound {
		return netip.AddrPortFrom(k.Src, k.Port)
	}
	return netip.AddrPortFrom(k.Dst, k.Port)
}

// String returns "src -> dst:port" for outbound and "dst -> src:port" for
// inbound groups: always from the opener to the service.
func (k Key) String() string {
	local, remote := addrOrOthers(k.Src), addrOrOthers(k.Dst)
	opener, service := local, remote
	if k.Direction == Inbound {
		opener, service = remote, local
	}
	return opener + " -> " + net.JoinHostPort(service, fmt.Sprint(k.Port))
}

func addrOrOthers(a netip.Addr) string {
	if !a.IsValid() {
		return "others"
	}
	return a.String()
}

// Reason says how a direction was told, surest first.
type Reason uint8

// The reasons, in falling certainty.
const (
	ByListener     Reason = iota + 1 // a listener of this namespace owns the local port, or (outbound, to this host itself) the remote one
	ByPortRange                      // only one of the two ports lies in ip_local_port_range
	ByLowerPort                      // both or neither lie in it: the lower port is taken for the service
	numReasonsPlus                   // keep last
)

var reasonTexts = [numReasonsPlus]string{"", "listener", "port-range", "lower-port"}

// MarshalText returns "listener", "port-range" or "lower-port", and nothing
// for a value that is none of the reasons.
func (r Reason) MarshalText() ([]byte, error) {
	if r >= numReasonsPlus {
		return nil, nil
	}
	return []byte(reasonTexts[r]), nil
}

// UnmarshalText reads the form of MarshalText.
func (r *Reason) UnmarshalText(text []byte) error {
	for i, s := range reasonTexts {
		if s == string(text) {
			*r = Reason(i)
			return nil
		}
	}
	return fmt.Errorf("unknown reason %q for a direction", text)
}

// Counts are sockets by state. In JSON: an object of the states that are not
// zero, by name.
type Counts [tcp.NumStates]uint64

// Total returns the sum over all states.
func (c *Counts) Total() uint64 {
	var n uint64
	for _, v := range c {
		n += v
	}
	return n
}

// Live returns the sum over the states of connections that are not over yet.
func (c *Counts) Live() uint64 {
	var n uint64
	for s, v := range c {
		if tcp.State(s).Live() {
			n += v
		}
	}
	return n
}

// Add adds all counts of other.
func (c *Counts) Add(other *Counts) {
	for s, v := range other {
		c[s] += v
	}
}

// MarshalJSON writes the non-zero counts.
func (c Counts) MarshalJSON() ([]byte, error) {
	m := make(map[tcp.State]uint64)
	for s, v := range c {
		if v != 0 {
			m[tcp.State(s)] = v
		}
	}
	return json.Marshal(m)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *Counts) UnmarshalJSON(data []byte) error {
	var m map[tcp.State]uint64
	if err := json.Unmarshal(data, &m); err != nil {
		return err
	}
	*c = Counts{}
	for s, v := range m {
		c[s] = v
	}
	return nil
}

// Tally is what one dump says of all connections that share a Key.
type Tally struct {
	Key
	Reason Reason `json:"reason"` // the least certain reason among its sockets
	States Counts `json:"states"`

	MiniFinWait2 uint64    `json:"mini_fin_wait2,omitempty"` // of the FIN_WAIT2: orphans already shrunk to a mini-socket
	Orphans      Counts    `json:"orphans,omitzero"`         // full sockets that no descriptor holds (inode 0), by state
	Minute       Minute    `json:"minute,omitzero"`
	CloseWait    CloseWait `json:"close_wait,omitzero"`

	// For outbound groups: local ports by what holds them.
	Ports         *PortSet `json:"ports,omitempty"`           // in use toward this destination, in any state
	TimeWaitPorts *PortSet `json:"time_wait_ports,omitempty"` // of them, in TIME_WAIT
	ReusablePorts *PortSet `json:"reusable_ports,omitempty"`  // of those, old enough for the reuse delay and allowed by tcp_tw_reuse as it is set now

	Holders []Holding `json:"holders,omitempty"` // who holds the live sockets, if that was looked up; most first
	Made    []Made    `json:"made,omitempty"`    // who made the sockets that nobody holds, as far as a tracer saw it; most first
	Merged  uint64    `json:"merged,omitempty"`  // for "others": how many groups were merged into this one
}

// Holding says which processes hold some of a tally's live sockets.
type Holding struct {
	PIDs   []int  `json:"pids"` // all that share the descriptors; empty: in use, but by no process that could be seen
	States Counts `json:"states"`
	// Earlier marks holders that only a look before this one saw.
	Earlier bool `json:"earlier,omitempty"`
	// Later marks holders of a connection that was opened after the dump:
	// States counts it, but the tally does not.
	Later bool `json:"later,omitempty"`
}

// CloseWait describes the sockets of a tally that are in CLOSE_WAIT.
type CloseWait struct {
	Unread uint64 `json:"unread,omitempty"` // bytes in their receive queues; a lone unread FIN counts as 1
	// Oldest and Youngest are how long ago the peers were last heard of: the
	// time in CLOSE_WAIT, or less where the peer acknowledged something since.
	Oldest   time.Duration `json:"oldest_ns,omitempty"`
	Youngest time.Duration `json:"youngest_ns,omitempty"`
	Known    uint64        `json:"known,omitempty"` // how many sockets gave tcp_info, from which these come
}

// Learn takes in how long ago one socket's peer was last heard of.
func (c *CloseWait) Learn(silent time.Duration) {
	if c.Known == 0 || silent < c.Youngest {
		c.Youngest = silent
	}
	c.Oldest = max(c.Oldest, silent)
	c.Known++
}

// Merge takes in all that other knows.
func (c *CloseWait) Merge(other *CloseWait) {
	c.Unread += other.Unread
	if other.Known == 0 {
		return
	}
	if c.Known == 0 || other.Youngest < c.Youngest {
		c.Youngest = other.Youngest
	}
	c.Oldest = max(c.Oldest, other.Oldest)
	c.Known += other.Known
}

// Minute holds the ages of a tally's TIME_WAIT sockets: the closes of the
// last minute. A socket's timer is started again when its peer sends more, so
// it can look younger than it is; one that was taken over by a new connection
// is not seen at all: the counts are a lower bound of the closes.
type Minute struct {
	Age  [60]uint32 `json:"age"`  // Age[i]: entered TIME_WAIT from i to i+1 s ago
	Tail uint32     `json:"tail"` // more than 60 s ago, waiting for the timer wheel (0 ms left)
}

// Total returns the number of TIME_WAIT sockets.
func (m *Minute) Total() uint64 {
	n := uint64(m.Tail)
	for _, v := range m.Age {
		n += uint64(v)
	}
	return n
}

// Add adds all counts of other.
func (m *Minute) Add(other *Minute) {
	for i, v := range other.Age {
		m.Age[i] += v
	}
	m.Tail += other.Tail
}

// Count records one socket whose timer has left ms to run, of the 60 s it
// started with.
func (m *Minute) Count(left uint32) {
	const length = uint32(TimeWaitLen / time.Millisecond)
	switch {
	case left == 0:
		m.Tail++
	case left >= length: // jiffies round up
		m.Age[0]++
	default:
		m.Age[min((length-left)/1000, 59)]++
	}
}
