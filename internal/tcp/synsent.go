package tcp

// synSent is RFC 9293 section 3.10.7.3. Its third check is of security.
func (s *step) synSent(seg Segment) {
	c := &s.c
	acked := seg.Flags.Has(ACK)
	if acked && (!seg.Ack.After(c.Snd.ISS) || seg.Ack.After(c.Snd.NXT)) {
		s.rule(ruleSentAck)
		s.emitRaw(s.p.Reset(seg))
		return
	}
	if seg.Flags.Has(RST) {
		s.rule(ruleSentReset)
		switch {
		case !acked: // RFC 5961: whoever sent it has not seen our SYN
		case s.p.Linux:
			// "connection reset" in RFC 9293; Linux tells the user ECONNREFUSED
			// (tcp_reset).
			s.gone(ruleSentReset, Refused)
		default:
			s.gone(ruleSentReset, WasReset)
		}
		return
	}
	if !seg.Flags.Has(SYN) {
		s.rule(ruleSentOther)
		return
	}
	s.synOptions(seg)
	if !acked {
		s.become(SynRecv, ruleSentSyn) // simultaneous open
		s.emit(SYN, c.Snd.ISS, nil)
		s.holdEarly(seg)
		return
	}
	s.newAck(seg)
	s.establish(ruleSentSyn)
	seg.Seq++
	seg.Flags &^= SYN
	s.ackNow = true
	if s.text(s.cut(seg)) {
		s.finish()
	}
}

// establish enters ESTABLISHED, and leaves it at once if CLOSE was called before.
func (s *step) establish(rule string) {
	s.c.before = nil
	s.signal(Connected)
	s.become(Established, rule)
	if s.c.closing {
		s.become(FinWait1, rule)
	}
}
