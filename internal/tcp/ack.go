package tcp

// checkAck is the fifth check, and what an ACK does.
func (s *step) checkAck(seg Segment) bool {
	c := &s.c
	if !seg.Flags.Has(ACK) {
		s.rule(ruleAck)
		return false
	}
	if c.State == SynRecv && !s.ackOfSyn(seg) {
		return false
	}
	// RFC 5961 section 5: an ACK for what was long acknowledged, or not yet sent,
	// is not from the peer as it is now.
	if seg.Ack.Before(c.Snd.UNA-Seq(c.maxWindow)) || seg.Ack.After(c.Snd.NXT) {
		s.rule(ruleAck)
		s.challenge()
		return false
	}
	s.rule(ruleAck)
	same := seg.Window == uint16(c.Snd.WND>>c.shift[sendShift])
	switch {
	case seg.Ack.After(c.Snd.UNA):
		s.newAck(seg)
	case seg.Ack == c.Snd.UNA && c.Snd.UNA != c.Snd.NXT && c.Snd.WND > 0 && same && seg.Len() == 0 && c.synAcked():
		s.duplicate() // as RFC 5681 section 2 defines it
	}
	s.updateWindow(seg)
	return s.afterAck()
}

// ackOfSyn checks the ACK that ends a handshake.
func (s *step) ackOfSyn(seg Segment) bool {
	c := &s.c
	if !seg.Ack.After(c.Snd.UNA) || seg.Ack.After(c.Snd.NXT) {
		s.rule(ruleAck)
		s.emitRaw(s.p.Reset(seg))
		return false
	}
	s.establish(ruleAck)
	return true
}

// newAck takes an ACK that moves SND.UNA.
func (s *step) newAck(seg Segment) {
	c := &s.c
	handshake := !c.synAcked()
	n := uint32(seg.Ack - c.Snd.UNA)
	if first := c.end - Seq(c.queue.len()); seg.Ack.After(first) {
		c.queue = c.queue.drop(min(int(seg.Ack.Sub(first)), c.queue.len()))
	}
	c.Snd.UNA = seg.Ack
	if c.next.Before(seg.Ack) {
		c.next = seg.Ack
	}
	s.measureAck(seg)
	if handshake {
		s.afterHandshake(seg)
	} else {
		s.acknowledged(n)
	}
	c.tries = 0
	s.stop(Retransmission) // and start anew: RFC 6298 section 5.3
	s.stop(UserTimeout)
}

// afterHandshake is what the ACK of our SYN does besides.
func (s *step) afterHandshake(seg Segment) {
	c := &s.c
	shift := c.shift[sendShift]
	if seg.Flags.Has(SYN) {
		shift = 0
	}
	s.setWindow(seg, shift)
	if c.tries == 0 {
		return
	}
	// RFC 5681 section 3.1 and RFC 6298 section 5.7: a lost SYN calls for caution.
	c.congestion.window = uint32(c.Snd.MSS)
	if c.rtt.smoothed == 0 {
		c.rtt.rto, c.rtt.backoff = max(c.rtt.rto, fallbackRTO), 0
	}
}

// afterAck is what the states do when their FIN is acknowledged. It reports
// whether the segment is to be looked at further.
func (s *step) afterAck() bool {
	if !s.c.finAcked() {
		return true
	}
	switch s.c.State {
	case FinWait1:
		s.become(FinWait2, ruleAck)
		s.awaitFin()
	case Closing:
		s.enterTimeWait(ruleAck)
		return false
	case LastAck:
		s.gone(ruleAck)
		return false
	}
	return true
}
