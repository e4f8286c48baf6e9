package tcp

// close is RFC 9293 section 3.10.4: nothing more to send, but the other
// direction goes on.
func (s *step) close() {
	c := &s.c
	switch c.State {
	case Close:
		s.fail(ErrNoConnection, ruleClose)
	case Listen, SynSent:
		s.gone(ruleClose)
	case SynRecv:
		c.closing = true
		if c.queue.len() == 0 {
			s.become(FinWait1, ruleClose)
		}
		s.rule(ruleClose) // with data queued: once ESTABLISHED
	case Established:
		c.closing = true
		s.become(FinWait1, ruleClose)
	case CloseWait:
		// The RFC enters LAST-ACK when the FIN is sent, after all SENDs. Here, as
		// in Linux (tcp_close_state), the state changes with the call, like that
		// of ESTABLISHED "in any case": nothing else depends on it.
		c.closing = true
		s.become(LastAck, ruleClose)
	default:
		s.fail(ErrClosing, ruleClose)
	}
}

// release is close(2): the user is gone and nobody will read. This is the
// half-duplex close of RFC 9293 section 3.6.1 (MAY-1): data that is lost by it
// is answered with a reset, so that the peer learns of it (SHLD-3, RFC 2525
// section 2.17; in Linux __tcp_close, counted as TCPAbortOnClose; no sysctl).
func (s *step) release() {
	c := &s.c
	if c.State == Close {
		s.fail(ErrNoConnection, ruleClose)
		return
	}
	lost := c.unread > 0 && c.State != TimeWait
	if lost && !s.p.Linux && (c.State == Closing || c.State == LastAck) {
		// Section 3.10.5 sends no reset in these two states; Linux does.
		lost = false
	}
	if lost {
		s.emitReset()
		s.gone(ruleHalfDuplex)
		return
	}
	c.orphan = true
	c.unread, c.held, c.finHeld = 0, nil, false
	switch c.State {
	case FinWait1, FinWait2, Closing, LastAck, TimeWait:
		s.rule(ruleClose)
	default:
		if !c.closing {
			s.close()
		}
	}
	s.awaitFin()
}

// awaitFin limits how long an orphan waits for the peer's FIN.
//
// RFC 9293 has no such limit. Linux has tcp_fin_timeout, with two oddities that
// Params.Linux copies: it is at least 3.5 retransmission time-outs
// (tcp_time_wait); and above the length of TIME_WAIT the orphan lives first as
// a full socket for the difference (__tcp_close), then as a mini-socket for
// the difference again (tcp_keepalive_timer), so that 61 s make 2 s.
func (s *step) awaitFin() {
	if !s.c.orphan || s.c.State != FinWait2 || s.p.FinTimeout <= 0 {
		return
	}
	life := s.p.FinTimeout
	if s.p.Linux {
		if extra := life - s.p.TimeWait; s.p.TimeWait > 0 && extra > 0 {
			life = 2 * extra
		}
		life = max(life, s.c.rtt.rto*7/2)
	}
	s.start(UserTimeout, life)
}

// abort is RFC 9293 section 3.10.5.
func (s *step) abort() {
	switch s.c.State {
	case Close:
		s.fail(ErrNoConnection, ruleAbort)
		return
	case SynRecv, Established, FinWait1, FinWait2, CloseWait:
		s.emitReset()
	}
	s.gone(ruleAbort)
}
