package twin

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/twin/chance"
)

// Options say what host to make.
type Options struct {
	Kernel evidence.Kernel // release; empty: 6.18
	// Behave, if not nil, is used instead of what Kernel does.
	Behave *Kernel
	HZ     int // timer interrupts per second, 24 to 1200; 0: 250
	Seed   uint64
	// Settings that are Present replace the defaults of the kernel; so does a
	// Reserved that is not nil.
	Settings evidence.Settings
	Name     string    // of the host and its namespace; empty: "twin"
	Began    time.Time // what the clock of snapshots shows at time 0; zero: the year 2000
}

// Host is a network namespace of a simulated kernel. It is not safe for
// concurrent use; different hosts are independent.
type Host struct {
	kernel   Kernel
	hz       int64
	name     string
	began    time.Time
	seed     uint64
	settings evidence.Settings

	rand      chance.Source
	hint      uint32 // of the searches that share one
	salted    uint32 // how often the secret of the port choice changed
	resalt    int64  // ns: when it changes next
	start     int64  // ns: time 0
	now       int64  // ns
	ms        int64
	due       int64 // ns: when a timer ends next
	ripened   int64 // ms: up to when ripen has looked
	reusing   bool  // there is a group that tcp_tw_reuse is on for
	stamping  bool  // tcp_timestamps
	recycling bool  // tcp_tw_recycle
	brisk     bool  // an active close of an outbound connection is a wait, and no more
	mode      int64 // tcp_tw_reuse
	delay     int64 // tcp_tw_reuse_delay, ms
	limit     uint64

	span    span // of automatic choice here
	foreign span // and at the peers of inbound groups

	groups     []*group
	byKey      map[evidence.Key]GroupID
	rows       []*row // the first is that of TIME_WAIT
	pool       pool
	wheel      wheel
	population int    // mini-sockets
	compacted  uint16 // how often all rows were freed of their dead entries
	counters   Counters

	bars    *portPlane // reserved ports, and those with a bound user
	barring map[uint16]int
	stuck   []uint16 // barred though nobody holds them: see Kernel.Forgets
	sockets []socket
}

// Counters are the kernel's counts of what this package simulates, by the names
// that they have in /proc/net.
type Counters struct {
	TW, TWKilled, TWRecycled, TCPTimeWaitOverflow uint64
	ActiveOpens, PassiveOpens, AttemptFails       uint64
	TCPAbortOnData, TCPAbortOnLinger              uint64
	// NoPort counts connect() calls that found no port, for which Linux has no
	// counter; Visited the ports that all of them looked at.
	NoPort, Visited uint64
}

// origin is what both clocks begin with: a multiple of the grain of every timer
// wheel of interest, so that their phases are those of a time that begins at 0.
const origin = int64(1024 * time.Second)

// New returns a host at time 0 without any connection.
func New(o Options) (*Host, error) {
	if o.Kernel == "" {
		o.Kernel = "6.18"
	}
	k, err := KernelOf(o.Kernel)
	if err != nil {
		return nil, err
	}
	if o.Behave != nil {
		k = *o.Behave
	}
	if o.HZ == 0 {
		o.HZ = 250
	}
	if o.HZ < 24 || o.HZ > 1200 {
		return nil, fmt.Errorf("HZ=%d: Linux runs with 24 to 1200", o.HZ)
	}
	if o.Name == "" {
		o.Name = "twin"
	}
	if o.Began.IsZero() {
		o.Began = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	h := &Host{
		kernel: k, hz: int64(o.HZ), name: o.Name, began: o.Began, seed: o.Seed,
		rand: chance.New(o.Seed), start: origin, now: origin, ms: origin / 1e6, due: never, salted: 1,
		resalt: origin + saltPeriod, byKey: make(map[evidence.Key]GroupID), wheel: wheel{due: never},
		barring: make(map[uint16]int),
	}
	h.foreign = k.span(defaultLow, k.LastPort, false, nil)
	h.newRow(timeWaitRow, timeWaitLen, 0)
	h.settings = h.defaults()
	if err := h.adopt(&o.Settings); err != nil {
		return nil, err
	}
	return h, nil
}

// Now returns the time since the host was made.
func (h *Host) Now() time.Duration { return time.Duration(h.now - h.start) }

// Kernel returns the behaviour of the host's kernel.
func (h *Host) Kernel() Kernel { return h.kernel }

// Counters returns the counts since time 0.
func (h *Host) Counters() Counters { return h.counters }

// Minis returns the number of mini-sockets, in TIME_WAIT and in FIN_WAIT2:
// "tw" of /proc/net/sockstat.
func (h *Host) Minis() int { return h.population }

// Advance lets time pass until then. A time in the past changes nothing.
func (h *Host) Advance(until time.Duration) { h.advance(h.start + int64(until)) }

func (h *Host) advance(t int64) {
	for {
		next := min(h.due, h.resalt)
		if next > t {
			break
		}
		h.set(next)
		if h.resalt <= next {
			if h.kernel.Resalts {
				h.salted++
			}
			h.resalt += saltPeriod
		}
		if h.due <= next {
			h.expire()
		}
	}
	h.set(t)
}

func (h *Host) set(t int64) {
	if t > h.now {
		h.now, h.ms = t, t/1e6
	}
}

// GroupID names a group of a host.
type GroupID uint32

// Outbound returns the group of connections that this host opens from src to
// dst, and makes it if need be.
func (h *Host) Outbound(src netip.Addr, dst netip.AddrPort) GroupID {
	return h.group(evidence.Key{Direction: evidence.Outbound, Src: src.Unmap(), Dst: dst.Addr().Unmap(), Port: dst.Port()})
}

// Inbound returns the group of connections that peer opens to the service here.
// Without a valid peer it stands for very many peers: its ports are not told
// apart, and its mini-sockets end only by their timers.
func (h *Host) Inbound(service netip.AddrPort, peer netip.Addr) GroupID {
	return h.group(evidence.Key{Direction: evidence.Inbound, Src: service.Addr().Unmap(), Dst: peer.Unmap(), Port: service.Port()})
}

func (h *Host) group(k evidence.Key) GroupID {
	if id, ok := h.byKey[k]; ok {
		return id
	}
	if len(h.groups) == maxGroups {
		panic("twin: more than 16,777,216 groups in one host")
	}
	g := newGroup(uint32(len(h.groups)), k)
	g.span, g.loose, g.loop = &h.foreign, k.Others(), k.Src.IsLoopback() || k.Dst.IsLoopback()
	if k.Direction == evidence.Outbound {
		g.span, g.bars = &h.span, h.bars
		g.reuse = g.connects() && (h.mode == 1 || h.mode == 2 && g.loop)
		if g.reuse && !h.reusing { // nothing was looked at while no group needed it
			h.reusing, h.ripened = true, -1
		}
	}
	g.reach(uint16(g.span.low), uint16(g.span.end-1))
	g.simplify()
	h.groups = append(h.groups, g)
	h.byKey[k] = GroupID(g.id)
	return GroupID(g.id)
}
