package rawpeer

import (
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// passage is a packet that the link holds back.
type passage struct {
	number int // in the capture
	from   Side
	arrive func(number int)
	gone   bool
}

// receive puts what the kernel sent on the link.
func (p *Peer) receive(a arrival) {
	c := Captured{At: a.at, From: Kernel, Packet: a.packet, Bytes: a.bytes}
	c.Before = p.state(a.packet.Tuple.Reverse())
	c.After = c.Before
	p.pass(c, func(number int) { p.deliver(number, a.packet) })
}

// state is that of the raw end; 0 if there is none.
func (p *Peer) state(t tcp.FourTuple) tcp.State {
	if c := p.conns[t]; c != nil {
		return c.machine.State
	}
	if p.listeners[t.Src.Port()] != nil {
		return tcp.Listen
	}
	return 0
}

// deliver gives a packet of the kernel to the machine.
func (p *Peer) deliver(number int, packet Packet) {
	t := packet.Tuple.Reverse()
	if !slices.Contains(p.options.Addrs, t.Src.Addr()) {
		p.counts.strangers.Add(1)
		return
	}
	if p.muted {
		return
	}
	before := p.state(t)
	rule := p.arrive(t, packet.Segment)
	p.capture.stepped(number, before, p.state(t), rule)
}

// sent is what the capture says of a segment that the raw end sends, beside
// the segment.
type sent struct {
	before, after tcp.State
	rule          string
	byHand        bool
}

// send puts a segment of the raw end on the link. Only one that was made by
// hand can be too long.
func (p *Peer) send(t tcp.FourTuple, s tcp.Segment, why sent) error {
	if p.muted && !why.byHand {
		return nil
	}
	if cap(p.slab)-len(p.slab) < room {
		p.slab = make([]byte, 0, slab)
	}
	packet := Packet{Tuple: t, Segment: s}
	start := len(p.slab)
	grown, err := Encode(p.slab, packet)
	if err != nil {
		return err
	}
	p.slab = grown
	bytes := grown[start:len(grown):len(grown)]
	c := Captured{
		At: time.Now(), From: Raw, Packet: packet, Bytes: bytes,
		Before: why.before, After: why.after, Rule: why.rule, ByHand: why.byHand,
	}
	p.pass(c, func(int) {
		if _, err := p.device.Write(bytes); err != nil {
			p.counts.unsent.Add(1)
		}
	})
	return nil
}

// pass captures a packet and does to it what the path's rules say.
func (p *Peer) pass(c Captured, arrive func(number int)) {
	rule, disturbed := p.path.disturb(c.From, c.Segment.Flags, len(c.Segment.Data))
	if disturbed && rule.Do != Duplicate {
		c.Fate = evidence.Delayed
		if rule.Do == Lose {
			c.Fate = evidence.Lost
		}
		back := &passage{number: p.capture.add(c), from: c.From, arrive: arrive}
		switch {
		case rule.Do == Delay:
			p.later(rule.By, back)
		case rule.Do == Reorder:
			p.path.held[c.From] = append(p.path.held[c.From], back)
			if rule.By > 0 {
				p.later(rule.By, back)
			}
		}
		return
	}
	c.Fate, c.Until = evidence.Arrived, c.At
	number := p.capture.add(c)
	var copied *passage
	if disturbed {
		c.Fate, c.Until = evidence.Duplicated, time.Time{}
		copied = &passage{number: p.capture.add(c), from: c.From, arrive: arrive}
	}
	arrive(number)
	switch {
	case copied != nil && rule.By > 0:
		p.later(rule.By, copied)
	case copied != nil:
		p.release(copied)
	}
	p.releaseHeld(c.From)
}

func (p *Peer) later(by time.Duration, back *passage) {
	p.at(p.now()+by, func() {
		if !back.gone {
			p.release(back)
			p.releaseHeld(back.from)
		}
	})
}

func (p *Peer) release(back *passage) {
	back.gone = true
	p.capture.arrived(back.number, time.Now())
	back.arrive(back.number)
}

// releaseHeld lets those arrive that waited for the next packet of the same
// sender.
func (p *Peer) releaseHeld(from Side) {
	held := p.path.held[from]
	p.path.held[from] = nil
	for _, back := range held {
		if !back.gone {
			p.release(back)
		}
	}
}
