package twin

import (
	"net/netip"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/twin/chance"
)

// NAT is a gateway that gives the connections of many clients one address: the
// part of conntrack that runs out of ports. An entry outlives its connection by
// conntrack's own timeout, whatever the clients' TIME_WAIT is.
//
// Ports are chosen as nf_nat_l4proto_unique_tuple does, as far as is believed: the
// client's own if it is free toward the destination, else in a row from a random
// one, at most 128 tries, then 64, 32 and 16 from others. A gateway can so fail
// long before its last port is taken. Newer kernels also take over entries that
// are closing; that is not simulated. Not safe for concurrent use.
type NAT struct {
	Entries int    // in the table
	Refused uint64 // connections that got no port: their SYN is dropped
	Tries   uint64 // ports looked at

	rand     chance.Source
	now      int64 // ms
	timeout  int64 // ms
	pool     pool
	rows     []*natRow
	groups   []*group
	services map[netip.AddrPort]GroupID
}

// natRow holds the entries of one timeout, oldest first.
type natRow struct {
	fifo
	length int64
	shift  uint8
}

const (
	natLow   = 1024 // of the ports that stand in for one from 1024 on
	natTries = 128
	natLeast = 16
	// conntrackTimeWait is nf_conntrack_tcp_timeout_time_wait.
	conntrackTimeWait = 120 * time.Second
	// conntrackClose is nf_conntrack_tcp_timeout_close, after a reset.
	conntrackClose = 10 * time.Second
)

// NewNAT returns a gateway at time 0 without entries, with the default timeout of
// 120 s for TIME_WAIT.
func NewNAT(seed uint64) *NAT {
	return &NAT{rand: chance.New(seed), now: origin / 1e6, timeout: conntrackTimeWait.Milliseconds(), services: map[netip.AddrPort]GroupID{}}
}

// SetTimeWait is nf_conntrack_tcp_timeout_time_wait: of what closes from now on.
func (n *NAT) SetTimeWait(d time.Duration) { n.timeout = max(1, d.Milliseconds()) }

// To returns the group of connections to a destination.
func (n *NAT) To(dst netip.AddrPort) GroupID {
	id, ok := n.services[dst]
	if !ok {
		g := newGroup(uint32(len(n.groups)), evidence.Key{Direction: evidence.Outbound, Dst: dst.Addr(), Port: dst.Port()})
		g.reach(natLow, 1<<16-1)
		id = GroupID(g.id)
		n.groups, n.services[dst] = append(n.groups, g), id
	}
	return id
}

// Open gives a connection from this port of a client a port of the gateway. The
// error is EADDRNOTAVAIL if it gets none: the client sees its SYN unanswered.
func (n *NAT) Open(to GroupID, clientPort uint16) (Conn, error) {
	const size = 1<<16 - natLow
	g := n.groups[to]
	if clientPort >= natLow && n.try(g, clientPort) {
		return Conn{Group: to, Port: clientPort}, nil
	}
	for tries := natTries; tries >= natLeast; tries /= 2 {
		offset := n.rand.Below(1 << 16)
		for range tries {
			if port := uint16(natLow + offset%size); n.try(g, port) {
				return Conn{Group: to, Port: port}, nil
			}
			offset++
		}
	}
	n.Refused++
	return Conn{}, EADDRNOTAVAIL
}

func (n *NAT) try(g *group, port uint16) bool {
	n.Tries++
	if g.holds(port) {
		return false
	}
	g.take(g.place(port))
	n.Entries++
	return true
}

// Close ends a connection; its entry stays for the timeout of TIME_WAIT, or for
// 10 s if it was reset. The error is ENOTCONN if there is none, or it ended before.
func (n *NAT) Close(c Conn, how Closing) error {
	g := n.groups[c.Group]
	if !g.holds(c.Port) || g.closed(c.Port) {
		return ENOTCONN
	}
	length := n.timeout
	if how == ByReset {
		length = conntrackClose.Milliseconds()
	}
	r := n.row(length)
	place := g.place(c.Port)
	g.cells[place>>6].mini |= 1 << (place & 63)
	r.push(makeEntry(g.id, c.Port, 0, n.now>>r.shift))
	return nil
}

func (g *group) closed(port uint16) bool {
	place := g.place(port)
	return g.cells[place>>6].mini>>(place&63)&1 != 0
}

func (n *NAT) row(length int64) *natRow {
	for _, r := range n.rows {
		if r.length == length {
			return r
		}
	}
	r := &natRow{length: length}
	r.pool = &n.pool
	for length>>r.shift > 1<<(timeBits-1)-2 {
		r.shift++
	}
	n.rows = append(n.rows, r)
	return r
}

// Advance lets time pass until then.
func (n *NAT) Advance(until time.Duration) {
	const step = 60_000 // entries are never looked at much later than they end
	for end := origin/1e6 + until.Milliseconds(); n.now < end; {
		n.now = min(end, n.now+step)
		for _, r := range n.rows {
			n.expire(r)
		}
	}
}

func (n *NAT) expire(r *natRow) {
	now, length := n.now>>r.shift, (r.length+1<<r.shift-1)>>r.shift
	at := r.head
	for ; at < r.tail; at++ {
		e := *r.slot(at)
		if now-e.at(now) < length {
			break
		}
		g := n.groups[e.group()]
		g.free(g.place(e.port()))
		n.Entries--
	}
	r.drop(at)
}
