package pool

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"
)

// Stats is what a pool does now and has done so far.
type Stats struct {
	Counts // of all destinations, also of those that were forgotten
	Gauges
	Destinations []DestinationStats // by address and network
}

// DestinationStats is the part of one destination.
type DestinationStats struct {
	Network, Address string
	Counts
	Gauges
	BackingOff bool // its last dial failed
}

// Gauges is what is there now.
type Gauges struct {
	InUse   int // lent
	Idle    int
	Dialing int
	Waiting int // who waits for a connection to be given back; may be off by those that come or go just now
}

// Counts only grow.
type Counts struct {
	Gets       uint64        // loans
	Fresh      uint64        // of Gets: connections that nobody had before
	Dials      uint64        // begun
	DialErrors uint64        // of Dials
	HeldBack   uint64        // dials that did not happen because of a *BackoffError
	Refused    uint64        // ErrTooManyWaiting
	Canceled   uint64        // the caller's context ended first
	Waits      uint64        // loans for which no idle connection was there, and so had to wait or dial
	WaitTime   time.Duration // sum of the time that Waits took, dialling included
	Closed     map[Reason]uint64
}

// counts is what a destination counts itself; puddle counts the rest.
type counts struct {
	gets, fresh, dials, dialErrors, heldBack, refused atomic.Uint64
	closed                                            [reasons]atomic.Uint64
}

// attempts grows whenever somebody asks.
func (c *counts) attempts() uint64 {
	return c.gets.Load() + c.dials.Load() + c.heldBack.Load() + c.refused.Load()
}

// Stats returns the statistics of this moment. It takes longer the more
// connections there are; once a second is often enough.
func (p *Pool) Stats() Stats {
	p.mu.RLock()
	defer p.mu.RUnlock()
	var s Stats
	s.Counts.add(p.past)
	for _, d := range p.destinations {
		one := DestinationStats{Network: d.network, Address: d.address, Counts: d.sum(), Gauges: d.gauges()}
		one.BackingOff = d.backoff.on()
		s.Destinations = append(s.Destinations, one)
		s.Counts.add(one.Counts)
		s.Gauges.add(one.Gauges)
	}
	slices.SortFunc(s.Destinations, func(a, b DestinationStats) int {
		return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Network, b.Network))
	})
	return s
}

func (d *destination) sum() Counts {
	stat := d.conns.Stat()
	c := Counts{
		Gets: d.counts.gets.Load(), Fresh: d.counts.fresh.Load(),
		Dials: d.counts.dials.Load(), DialErrors: d.counts.dialErrors.Load(),
		HeldBack: d.counts.heldBack.Load(), Refused: d.counts.refused.Load(),
		Canceled: uint64(stat.CanceledAcquireCount()),
		Waits:    uint64(stat.EmptyAcquireCount()), WaitTime: stat.EmptyAcquireWaitTime(),
		Closed: make(map[Reason]uint64, reasons),
	}
	for r := range d.counts.closed {
		c.Closed[Reason(r)] = d.counts.closed[r].Load()
	}
	return c
}

func (d *destination) gauges() Gauges {
	g := Gauges{Dialing: int(d.dialing.Load())}
	asking := int(d.asking.Load())
	d.mu.Lock()
	defer d.mu.Unlock()
	for l := range d.links {
		if turn := l.turn.Load(); turn%2 == 0 {
			g.Idle++
		} else if turn != dead {
			g.InUse++
		}
	}
	g.Waiting = max(0, asking-g.InUse-g.Dialing)
	return g
}

func (c *Counts) add(o Counts) {
	c.Gets += o.Gets
	c.Fresh += o.Fresh
	c.Dials += o.Dials
	c.DialErrors += o.DialErrors
	c.HeldBack += o.HeldBack
	c.Refused += o.Refused
	c.Canceled += o.Canceled
	c.Waits += o.Waits
	c.WaitTime += o.WaitTime
	if c.Closed == nil {
		c.Closed = make(map[Reason]uint64, reasons)
	}
	for r := range Reason(reasons) {
		c.Closed[r] += o.Closed[r]
	}
}

func (g *Gauges) add(o Gauges) {
	g.InUse += o.InUse
	g.Idle += o.Idle
	g.Dialing += o.Dialing
	g.Waiting += o.Waiting
}
