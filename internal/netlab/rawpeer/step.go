package rawpeer

import (
	"github.com/linger-dev/linger/internal/tcp"
)

// arrive gives a segment to the connection of t, to a listener, or to the
// CLOSED state, which answers with a reset (RFC 9293 section 3.10.7.1). It
// returns what decided.
func (p *Peer) arrive(t tcp.FourTuple, s tcp.Segment) string {
	if c := p.conns[t]; c != nil {
		c.note(s)
		c.machine.Listener = p.listeners[t.Src.Port()] != nil
		return p.step(c, tcp.Event{Kind: tcp.Arrive, Segment: s}).Rule
	}
	c := p.newConn(t)
	c.note(s)
	if c.listener = p.listeners[t.Src.Port()]; c.listener == nil {
		return p.step(c, tcp.Event{Kind: tcp.Arrive, Segment: s}).Rule
	}
	c.machine, _ = p.options.Params.Step(c.machine, p.now(), tcp.Event{Kind: tcp.OpenPassive, ISS: p.iss()})
	return p.step(c, tcp.Event{Kind: tcp.Arrive, Segment: s}).Rule
}

// step runs the machine of a connection and does what it gives.
func (p *Peer) step(c *Conn, e tcp.Event) tcp.Output {
	before := c.machine
	after, out := p.options.Params.Step(before, p.now(), e)
	p.keep(c, before, after, out)
	for _, s := range out.Segments {
		// The machine's segments always fit.
		_ = p.send(c.tuple, s, sent{before: zeroIfClosed(before.State), after: zeroIfClosed(after.State), rule: out.Rule})
	}
	return out
}

// keep makes after the machine of c, or of the connection that follows it.
func (p *Peer) keep(c *Conn, before, after tcp.Conn, out tcp.Output) {
	switch {
	case before.State == tcp.TimeWait && after.State == tcp.SynRecv:
		c = p.follow(c, after)
	case c.former != nil && before.State == tcp.SynRecv && after.State == tcp.TimeWait:
		c = p.goBack(c, after)
	case ended(after.State):
		c.machine = last(before, out.Segments)
		if p.conns[c.tuple] == c {
			delete(p.conns, c.tuple)
		}
		c.over = true
	default:
		c.machine = after
		p.conns[c.tuple] = c
	}
	for _, s := range out.Segments {
		c.window, c.stamps = s.Window, s.Options.HasTimestamps
	}
	c.take(out)
	p.arm(c)
	c.bell.ring()
	if from, to := closedIfZero(before.State), closedIfZero(after.State); from != to && p.options.Changed != nil {
		p.options.Changed(p.epoch.Add(p.now()), c.tuple, from, to)
	}
}

// follow makes the connection that a new SYN opens in place of one in
// TIME-WAIT (RFC 9293 section 3.6.1, MAY-2).
func (p *Peer) follow(old *Conn, machine tcp.Conn) *Conn {
	c := p.newConn(old.tuple)
	c.machine, c.listener, c.former = machine, p.listeners[old.tuple.Src.Port()], old
	c.echo = old.echo
	old.over, old.ended = true, "closed"
	old.bell.ring()
	p.conns[c.tuple] = c
	return c
}

// goBack undoes follow: the SYN was an old duplicate.
func (p *Peer) goBack(c *Conn, machine tcp.Conn) *Conn {
	c.over, c.ended, c.err = true, "refused", ErrRefused
	c.bell.ring()
	old := c.former
	old.machine, old.over, old.ended = machine, false, ""
	p.conns[old.tuple] = old
	return old
}

// ended reports whether no connection is left. A connection that was opened
// passively may also go back to LISTEN; the listener is there without it.
func ended(s tcp.State) bool { return s == 0 || s == tcp.Close || s == tcp.Listen }

// last is the machine of a connection that ended, brought up to the segments
// that it sent while it did.
func last(machine tcp.Conn, segments []tcp.Segment) tcp.Conn {
	for _, s := range segments {
		if s.Flags.Has(tcp.ACK) && !s.Flags.Has(tcp.RST) {
			machine.Rcv.NXT = s.Ack
		}
		if next := s.Seq.Add(s.Len()); next.After(machine.Snd.NXT) {
			machine.Snd.NXT = next
		}
	}
	return machine
}

// closedIfZero and zeroIfClosed choose between the two names of CLOSED.
func closedIfZero(s tcp.State) tcp.State {
	if s == 0 {
		return tcp.Close
	}
	return s
}

func zeroIfClosed(s tcp.State) tcp.State {
	if s == tcp.Close {
		return 0
	}
	return s
}

// arm has the machine's first timer end in time. An errand that is there
// already and comes earlier will see that it must wait.
func (p *Peer) arm(c *Conn) {
	_, at, running := c.machine.Next()
	if c.over || !running || c.alarm != 0 && c.alarm <= at {
		return
	}
	c.alarm = at
	p.at(at, func() {
		if c.alarm != at {
			return
		}
		c.alarm = 0
		if timer, due, running := c.machine.Next(); running && !c.over && due <= p.now() {
			p.step(c, tcp.Event{Kind: tcp.Expire, Timer: timer})
			return
		}
		p.arm(c)
	})
}

// iss chooses an initial sequence number by a clock that ticks every 4 µs (RFC
// 9293 section 3.4.1). Its offset is not secret and the same for all
// connections: nobody attacks a laboratory.
func (p *Peer) iss() tcp.Seq {
	if p.options.ISS != nil {
		return *p.options.ISS
	}
	return tcp.Seq(p.clock + uint32(p.now().Microseconds()/4))
}
