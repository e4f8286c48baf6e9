// Package plain is the twin once more, written the obvious way: a port at a time,
// a timer at a time. It is what the twin is tested against, and the baseline
// that its speed is compared with. It does less: no snapshots, no bind(0), no
// inbound connections.
package plain

import (
	"container/heap"
	"fmt"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/twin"
	"github.com/linger-dev/linger/internal/twin/chance"
)

type state uint8

const (
	free state = iota
	live
	orphan
	finWait2
	timeWait
)

// conn is one four-tuple.
type conn struct {
	group   *group
	port    uint16
	state   state
	stamped bool
	bound   bool
	entered int64 // ms
	linger2 int64 // ms
	length  int64 // ms: of its last timer
	timer   *timer
}

type group struct {
	id     uint64
	loop   bool
	conns  [1 << 16]*conn
	cursor uint32
	epoch  int64
}

// Host is a plain twin.Host.
type Host struct {
	Kernel   twin.Kernel
	HZ       int64
	Seed     uint64
	Counters twin.Counters
	Minis    int

	Low, High    uint16
	Reserved     *evidence.PortSet
	Reuse, Delay int64
	Stamps       bool
	Limit        int64 // negative: none
	FinTimeout   int64 // s
	rand         chance.Source
	hint         uint32
	now          int64 // ns, from the origin of the twin
	timers       timers
	seq          int
	groups       []*group
	bound        map[uint16]int
	stuck        map[uint16]bool
	slots        [8][]*timer
	hand         int
	tick         int64 // jiffy, 0: stopped
}

const origin = int64(1024 * time.Second)

// New returns a host with the settings of 6.18.
func New(release evidence.Kernel, hz int, seed uint64) *Host {
	k, err := twin.KernelOf(release)
	if err != nil {
		panic(err)
	}
	return &Host{
		Kernel: k, HZ: int64(hz), Seed: seed, Low: 32768, High: k.LastPort, Delay: 1000, Stamps: true, Limit: 131072, FinTimeout: 60,
		rand: chance.New(seed), now: origin, bound: map[uint16]int{}, stuck: map[uint16]bool{},
	}
}

// Group makes the next group; loop says that one of its addresses is a loopback one.
func (h *Host) Group(loop bool) int {
	h.groups = append(h.groups, &group{id: uint64(len(h.groups)), loop: loop, epoch: -1})
	return len(h.groups) - 1
}

func (h *Host) ms() int64            { return h.now / 1e6 }
func (h *Host) jiffy(ms int64) int64 { return ms * h.HZ / 1000 }

// Advance lets time pass.
func (h *Host) Advance(until time.Duration) {
	t := origin + int64(until)
	for {
		next := t + 1
		if len(h.timers) > 0 {
			next = h.timers[0].due
		}
		if h.tick > 0 {
			next = min(next, h.jiffyTime(h.tick))
		}
		if next > t {
			break
		}
		h.now = max(h.now, next)
		if h.tick > 0 && h.jiffyTime(h.tick) <= h.now {
			h.hangman()
		}
		for len(h.timers) > 0 && h.timers[0].due <= h.now {
			h.expire(heap.Pop(&h.timers).(*timer).conn)
		}
		h.unstick()
	}
	h.now = max(h.now, t)
}

func (h *Host) jiffyTime(jiffy int64) int64 {
	return (jiffy*1e9 + h.HZ - 1) / h.HZ
}

// taken is the check of one port by connect().
func (h *Host) taken(g *group, port uint16) bool {
	if h.bound[port] > 0 || h.stuck[port] {
		return true
	}
	c := g.conns[port]
	if c == nil {
		return false
	}
	return !h.reusable(c)
}

func (h *Host) reusable(c *conn) bool {
	if c.state != timeWait && !(c.state == finWait2 && h.Kernel.TakesFinWait2) {
		return false
	}
	if !c.stamped || h.Reuse == 0 || h.Reuse == 2 && !c.group.loop && h.Kernel.Age != twin.TwoSeconds {
		return false
	}
	switch h.Kernel.Age {
	case twin.TwoSeconds:
		return h.ms()/1000-c.entered/1000 > 1
	case twin.OneSecond:
		return h.ms()/1000 > c.entered/1000
	}
	return h.ms()-c.entered > h.Delay
}

// Connect is connect() without a port. Port 0: none is left.
func (h *Host) Connect(group int, own evidence.PortRange) (port uint16, visited int, second bool) {
	g := h.groups[group]
	epoch := int64(1)
	if h.Kernel.Resalts {
		epoch += (h.now - origin) / 10e9
	}
	if g.epoch != epoch {
		g.epoch, g.cursor = epoch, uint32(chance.Hash(h.Seed, g.id, uint64(epoch)))
	}
	port, visited, second = h.find(g, own)
	h.Counters.Visited += uint64(visited)
	if port == 0 {
		h.Counters.NoPort++
		return 0, visited, second
	}
	h.Counters.ActiveOpens++
	if c := g.conns[port]; c != nil {
		h.Counters.TWRecycled++
		h.stop(c)
	}
	g.conns[port] = &conn{group: g, port: port, state: live, stamped: h.Stamps}
	return port, visited, second
}

// Bind holds a port as a bound socket does; false if it is in use.
func (h *Host) Bind(port uint16) bool {
	if h.bound[port] > 0 {
		return false
	}
	for _, g := range h.groups {
		if g.conns[port] != nil {
			return false
		}
	}
	h.bound[port]++
	return true
}

// Unbind ends that.
func (h *Host) Unbind(port uint16) { h.unhold(port) }

func (h *Host) unhold(port uint16) {
	h.bound[port]--
	if h.bound[port] == 0 && !h.Kernel.Forgets && h.inUse(port) {
		h.stuck[port] = true
	}
}

func (h *Host) inUse(port uint16) bool {
	for _, g := range h.groups {
		if g.conns[port] != nil {
			return true
		}
	}
	return false
}

func (h *Host) unstick() {
	for port := range h.stuck {
		if !h.inUse(port) {
			delete(h.stuck, port)
		}
	}
}

// ConnectFrom is connect() of a bound socket.
func (h *Host) ConnectFrom(group int, port uint16) bool {
	g := h.groups[group]
	if c := g.conns[port]; c != nil {
		if c.state < finWait2 || !c.stamped {
			return false
		}
		h.Counters.TWRecycled++
		h.stop(c)
		h.remove(c)
	}
	h.Counters.ActiveOpens++
	g.conns[port] = &conn{group: g, port: port, state: live, stamped: h.Stamps, bound: true}
	return true
}

// Close ends a live connection.
func (h *Host) Close(group int, port uint16, how twin.Closing, linger2 int64) {
	c := h.groups[group].conns[port]
	if c == nil || c.state != live {
		panic(fmt.Sprintf("close of port %d in state %v", port, c))
	}
	switch {
	case how == twin.ByUs:
		h.linger(c, timeWait, 60_000)
	case how == twin.Abandoned && linger2 < 0:
		h.Counters.TCPAbortOnLinger++
		h.remove(c)
	case how == twin.Abandoned:
		h.abandon(c, linger2*1000)
	default:
		h.remove(c)
	}
	h.unstick()
}

func (h *Host) remove(c *conn) {
	c.group.conns[c.port] = nil
	if c.bound {
		h.unhold(c.port)
	}
}

// State says what uses a four-tuple: nothing, a live connection, an orphan, or
// a mini-socket in FIN_WAIT2 or TIME_WAIT, in this order.
func (h *Host) State(group int, port uint16) int {
	if c := h.groups[group].conns[port]; c != nil {
		return int(c.state)
	}
	return int(free)
}
