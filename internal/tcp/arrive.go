package tcp

// arrive is RFC 9293 section 3.10.7, SEGMENT ARRIVES.
func (s *step) arrive(e Event) {
	s.iss = e.ISS
	seg := e.Segment
	switch s.c.State {
	case Close:
		s.rule(ruleClosed)
		s.emitRaw(s.p.Reset(seg))
	case Listen:
		s.listen(seg)
	case SynSent:
		s.synSent(seg)
	case TimeWait:
		if s.p.Linux {
			s.linuxTimeWait(seg)
			return
		}
		s.timeWait(seg)
	default:
		if s.p.Linux && s.c.State == FinWait2 && s.c.orphan && s.p.FinTimeout > 0 {
			s.linuxFinWait2(seg)
			return
		}
		s.synchronized(seg)
	}
}

// Reset returns the segment that answers seg where no connection exists: RFC
// 9293 section 3.10.7.1. A reset is not answered: then it returns false.
func (p Params) Reset(seg Segment) (Segment, bool) {
	switch {
	case seg.Flags.Has(RST):
		return Segment{}, false
	case seg.Flags.Has(ACK):
		return Segment{Flags: RST, Seq: seg.Ack}, true
	}
	return Segment{Flags: RST | ACK, Ack: seg.Seq.Add(seg.Len())}, true
}

// synchronized is RFC 9293 section 3.10.7.4: the checks in their order. The
// third, security, and the sixth, URG, have nothing to check here.
func (s *step) synchronized(seg Segment) {
	if !s.checkStamp(seg) {
		return
	}
	seg, ok := s.checkSequence(seg)
	if !ok || !s.checkReset(seg) || !s.checkSyn(seg) || !s.checkAck(seg) {
		return
	}
	s.c.unanswered = 0
	if s.text(seg) {
		s.finish()
	}
}

// checkSequence is the first check. It returns the segment cut to the window.
func (s *step) checkSequence(seg Segment) (Segment, bool) {
	rcv := &s.c.Rcv
	if s.c.State == SynRecv && seg.Seq == rcv.IRS && seg.Flags.Has(SYN) && !seg.Flags.Has(RST) {
		if !seg.Flags.Has(ACK) {
			s.repeatedSyn()
			return seg, false
		}
		// Simultaneous open: the peer's SYN once more, now with the ACK that
		// matters. Taken literally the check would refuse it (Linux: "ignore SYN"
		// in tcp_validate_incoming); cut to the window it is that ACK.
		seg.Flags &^= SYN
		seg.Seq++
	}
	switch {
	case acceptable(seg, rcv.NXT, rcv.WND):
		return s.cut(seg), true
	case rcv.WND == 0 && seg.Seq == rcv.NXT:
		// "If the RCV.WND is zero, no segments will be acceptable, but special
		// allowance should be made to accept valid ACKs, URGs, and RSTs."
		s.ackNow = true
		seg.Data, seg.Flags = nil, seg.Flags&^(FIN|PSH)
		return seg, true
	case seg.Flags.Has(RST):
		// Linux also takes a reset just before the window once the peer has sent
		// its FIN, for peers that count wrongly (tcp_reset_check); no sysctl.
		if s.p.Linux && seg.Seq == rcv.NXT-1 && States(CloseWait, LastAck, Closing).Has(s.c.State) {
			s.wasReset()
		}
		s.rule(ruleSequence)
		return seg, false
	}
	s.answer(seg, ruleSequence)
	return seg, false
}

// repeatedSyn answers a SYN that came before. RFC 9293 section 3.10.7.4, first:
// with an ACK. Linux sends the SYN-ACK again at once (tcp_check_req), which
// needs no sysctl and spares the peer a time-out if the first was lost.
func (s *step) repeatedSyn() {
	if s.p.Linux && s.c.passive {
		s.rule(ruleLinuxRequest)
		s.emit(SYN, s.c.Snd.ISS, nil)
		return
	}
	s.rule(ruleSequence)
	s.challenge()
}

// acceptable is the table of RFC 9293 section 3.4.
func acceptable(seg Segment, nxt Seq, wnd uint32) bool {
	n := seg.Len()
	switch {
	case n == 0 && wnd == 0:
		return seg.Seq == nxt
	case n == 0:
		return seg.Seq.InWindow(nxt, wnd)
	case wnd == 0:
		return false
	}
	return seg.Seq.InWindow(nxt, wnd) || seg.Seq.Add(n-1).InWindow(nxt, wnd)
}

// cut trims an acceptable segment to the window. A SYN stays: it is not part of
// the stream any more and the fourth check refuses it.
func (s *step) cut(seg Segment) Segment {
	rcv := &s.c.Rcv
	if old := rcv.NXT.Sub(seg.Seq); old > 0 && !seg.Flags.Has(SYN) {
		seg.Data = seg.Data[min(int(old), len(seg.Data)):]
		seg.Seq = rcv.NXT
	}
	if room := int(rcv.NXT.Add(rcv.WND).Sub(seg.Seq)); len(seg.Data) > room {
		seg.Data = seg.Data[:max(room, 0):max(room, 0)]
		seg.Flags &^= FIN | PSH
		s.ackNow = true // the peer must know at once what was not taken
	} else if len(seg.Data) == room {
		seg.Flags &^= FIN
	}
	return seg
}

// answer sends the ACK that tells a lost peer where this end is. What carries
// data or a FIN is always answered, since it may be a retransmission whose ACK
// was lost; for the rest there is a limit, lest two ends that disagree answer
// each other for ever (Linux: tcp_oow_rate_limited).
func (s *step) answer(seg Segment, rule string) {
	s.rule(rule)
	if seg.Len() > 0 && !seg.Flags.Has(SYN) {
		s.ackNow = true
		return
	}
	s.challenge()
}

// challenge sends the challenge ACK of RFC 5961, at the rate of its section 7
// (Linux: tcp_send_challenge_ack, tcp_invalid_ratelimit).
func (s *step) challenge() {
	if s.c.challenged != 0 && s.now < s.c.challenged {
		return
	}
	s.c.challenged = s.now + s.p.ChallengeInterval
	s.ackNow = true
}

// checkReset is the second check, with RFC 5961 section 3: only a reset at
// exactly RCV.NXT is believed. One outside the window did not come so far.
func (s *step) checkReset(seg Segment) bool {
	if !seg.Flags.Has(RST) {
		return true
	}
	if seg.Seq != s.c.Rcv.NXT {
		s.rule(ruleReset)
		s.challenge()
		return false
	}
	s.wasReset()
	return false
}

// wasReset ends a connection as its state demands.
func (s *step) wasReset() {
	switch s.c.State {
	case SynRecv:
		if s.c.passive {
			s.backToListen(ruleReset)
			return
		}
		s.gone(ruleReset, Refused)
	case Closing, LastAck, TimeWait:
		s.gone(ruleReset) // all that the user sent has arrived, or it will never know
	default:
		s.gone(ruleReset, WasReset)
	}
}

// checkSyn is the fourth check: a SYN in a synchronized state is answered with
// a challenge ACK whatever its number, as RFC 5961 section 4 demands.
func (s *step) checkSyn(seg Segment) bool {
	if !seg.Flags.Has(SYN) {
		return true
	}
	if s.c.State != SynRecv || !s.c.passive {
		s.rule(ruleSyn)
		s.challenge()
		return false
	}
	if s.p.Linux {
		// RFC 9293 returns to LISTEN in silence; Linux resets the peer first
		// (embryonic_reset in tcp_check_req); no sysctl.
		s.emitRaw(s.p.Reset(seg))
	}
	s.backToListen(ruleSyn)
	return false
}
