package tcp

// The mini-sockets of Linux: tcp_timewait_state_process, which serves TIME_WAIT
// and orphans in FIN_WAIT2. Its order of checks is not that of RFC 9293
// section 3.10.7.4, and neither are all its answers.

// linuxTimeWait is a segment in TIME_WAIT.
func (s *step) linuxTimeWait(seg Segment) {
	c := &s.c
	s.rule(ruleLinuxTimeWait)
	rst := seg.Flags.Has(RST)
	old := s.linuxOld(seg)
	switch {
	case !old && seg.Seq == c.Rcv.NXT && rst:
		// RFC 9293 section 3.10.7.4, second: CLOSED; RFC 1337 fix F1: ignored.
		// Linux chooses by tcp_rfc1337.
		if s.p.RFC1337 {
			s.rule(ruleRFC1337)
			return
		}
		s.gone(ruleLinuxTimeWait)
	case !old && seg.Seq == c.Rcv.NXT && seg.Len() == 0:
		// In the RFC a bare ACK does nothing; in Linux it restarts the timer.
		s.linuxStamp(seg)
		s.restart()
	case seg.Flags&(SYN|ACK|RST) == SYN && !old && s.linuxFresh(seg):
		if c.Listener {
			s.reopen(seg, ruleLinuxTimeWait)
			return
		}
		s.ackNow = true // no reset though nobody listens: see newSyn
	case rst:
		// The RFC challenges a reset inside the window (RFC 5961); Linux ignores it.
	default:
		// All else is answered. In the RFC only the peer's FIN restarts the timer;
		// in Linux all that has an ACK or fails PAWS. A SYN without ACK may be a
		// new connection, and must not keep itself out.
		if old || seg.Flags.Has(ACK) {
			s.restart()
		}
		s.answer(seg, ruleLinuxTimeWait)
	}
}

// linuxFresh reports whether a SYN may end TIME_WAIT. RFC 6191 also lets in one
// exactly at RCV.NXT, and any with timestamps after a connection without.
// tcp_timestamps decides whether there are any; tcp_tw_reuse has no part in it.
func (s *step) linuxFresh(seg Segment) bool {
	c := &s.c
	newer := c.timestamps && seg.Options.HasTimestamps && int32(seg.Options.TSVal-c.tsRecent) > 0
	return newer || seg.Seq.After(c.Rcv.NXT)
}

// linuxFinWait2 is a segment for an orphan in FIN_WAIT2. In the RFC the user can
// not be gone; its half-duplex close (section 3.6.1) demands the same resets.
func (s *step) linuxFinWait2(seg Segment) {
	c := &s.c
	s.rule(ruleLinuxFinWait2)
	end := seg.Seq.Add(seg.Len())
	switch {
	case s.linuxOld(seg) || !s.linuxInWindow(seg.Seq, end):
		// RFC 9293 drops a reset outside the window; Linux answers it like the rest.
		s.answer(seg, ruleLinuxFinWait2)
	case seg.Flags.Has(RST):
		// RFC 5961 section 3 believes only an exact reset. tcp_rfc1337 has no say here.
		s.gone(ruleLinuxFinWait2)
	case seg.Flags.Has(SYN) && !seg.Seq.Before(c.Rcv.NXT):
		// RFC 5961 section 4: challenge ACK.
		s.linuxReset(seg)
	case !seg.Flags.Has(ACK) || !end.After(c.Rcv.NXT) || seg.Len() == 0:
		// A duplicate ACK.
	case !seg.Flags.Has(FIN) || end != c.Rcv.NXT+1:
		s.linuxReset(seg) // nobody is there to read it
	default:
		s.linuxStamp(seg)
		c.Rcv.NXT = end
		s.signal(PeerClosed)
		s.ackNow = true
		s.enterTimeWait(ruleLinuxFinWait2)
	}
}

func (s *step) linuxReset(seg Segment) {
	s.emitRaw(s.p.Reset(seg))
	s.gone(ruleLinuxFinWait2)
}

// linuxInWindow is tcp_in_window.
func (s *step) linuxInWindow(seq, end Seq) bool {
	left := s.c.Rcv.NXT
	right := left.Add(s.c.Rcv.WND)
	return seq == left || end.After(left) && seq.Before(right) || seq == right && seq == end
}

// linuxOld is tcp_paws_reject: it spares a reset only after a minute.
func (s *step) linuxOld(seg Segment) bool {
	return s.old(seg) && !(seg.Flags.Has(RST) && s.now-s.c.tsRecentAt >= linuxPawsMSL)
}

func (s *step) linuxStamp(seg Segment) {
	if s.c.timestamps && seg.Options.HasTimestamps {
		s.c.tsRecent, s.c.tsRecentAt = seg.Options.TSVal, s.now
	}
}
