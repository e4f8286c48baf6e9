package tcp

import "time"

// Step is the machine: what the connection becomes, and what it gives, when e
// happens at now. It is a pure function, and total: any event in any state,
// any segment, gives a valid connection. The end of a timer that does not run,
// or not until later, changes nothing.
//
// The machine has no option but those of Options and no urgent data.
func (p Params) Step(c Conn, now time.Duration, e Event) (Conn, Output) {
	s := step{p: p.withDefaults(), now: now, c: c}
	if c.State == 0 || !AllStates.Has(c.State) || c.State == NewSynRecv {
		s.c = Conn{State: Close}
	}
	switch e.Kind {
	case OpenPassive:
		s.openPassive(e)
	case OpenActive:
		s.openActive(e)
	case Send:
		s.send(e)
	case Read:
		s.read(e.N)
	case CloseCall:
		s.close()
	case Release:
		s.release()
	case Abort:
		s.abort()
	case Arrive:
		s.arrive(e)
	case Expire:
		s.expire(e.Timer)
	}
	s.settle()
	return s.c, s.out
}

// step is one run of the machine: the connection as it becomes, and what comes
// out of it.
type step struct {
	p   Params
	now time.Duration
	c   Conn
	out Output

	ackNow bool // an ACK is due that must not wait
	forced bool // send at once, also what silly-window avoidance would hold back
	moved  bool // the state has changed, so out.Rule is settled
	iss    Seq  // for a SYN that may open the connection anew
}

// settle sends what the event made possible and sets the timers. One ACK does
// for all that was received: RFC 9293 section 3.8.6.3, MUST-58.
func (s *step) settle() {
	s.transmit()
	if s.ackNow {
		s.emit(ACK, s.acceptableSeq(), nil)
	}
	s.arm()
}

// rule notes which rule decided. The one that changes the state counts more
// than those that merely looked at the segment.
func (s *step) rule(name string) {
	if !s.moved {
		s.out.Rule = name
	}
}

func (s *step) become(state State, rule string) {
	s.c.State = state
	s.moved = true
	s.out.Rule = rule
}

// gone deletes the TCB.
func (s *step) gone(rule string, signals ...Signal) {
	s.c = Conn{}
	s.ackNow = false
	s.become(Close, rule)
	s.signal(append(signals, Closed)...)
}

func (s *step) signal(signals ...Signal) { s.out.Signals = append(s.out.Signals, signals...) }

func (s *step) fail(err CallError, rule string) {
	s.out.Err = err
	s.rule(rule)
}

// emit sends a segment of the connection. Everything but a first SYN
// acknowledges.
func (s *step) emit(flags Flags, seq Seq, data []byte) {
	c := &s.c
	seg := Segment{Flags: flags, Seq: seq, Data: data}
	if c.State != SynSent {
		seg.Flags |= ACK
		seg.Ack = c.Rcv.NXT
		c.ackSent = c.Rcv.NXT
		s.ackNow = false
		s.stop(DelayedAck)
	}
	seg.Window = s.advertise(flags.Has(SYN))
	if flags.Has(SYN) {
		seg.Options.MSS = s.p.MSS
		if s.p.Window > 65535 && (c.State == SynSent || c.scaling) {
			seg.Options.HasScale, seg.Options.WindowScale = true, s.p.shift()
		}
	}
	if c.timestamps || c.State == SynSent && s.p.Timestamps {
		seg.Options = s.stamped(seg.Options)
	}
	s.out.Segments = append(s.out.Segments, seg)
}

// emitReset sends the RST of ABORT, RFC 9293 section 3.10.5.
func (s *step) emitReset() {
	seg := Segment{Flags: RST, Seq: s.c.Snd.NXT}
	if s.p.Linux {
		// RFC 9293 section 3.10.5: <SEQ=SND.NXT><CTL=RST>. Linux acknowledges as
		// well (tcp_send_active_reset); no sysctl.
		seg.Flags |= ACK
		seg.Ack = s.c.Rcv.NXT
	}
	if s.c.timestamps {
		seg.Options = s.stamped(seg.Options) // RFC 7323 section 3.2: SHOULD
	}
	s.out.Segments = append(s.out.Segments, seg)
}

// emitRaw sends a segment that does not belong to the connection.
func (s *step) emitRaw(seg Segment, ok bool) {
	if ok {
		s.out.Segments = append(s.out.Segments, seg)
	}
}

func (s *step) start(t Timer, d time.Duration) { s.c.Deadlines[t] = s.now + max(d, 1) }
func (s *step) stop(t Timer)                   { s.c.Deadlines[t] = 0 }
func (s *step) runs(t Timer) bool              { return s.c.Deadlines[t] != 0 }
