package tcp

// expire is the end of a timer, RFC 9293 section 3.10.8. One that does not run
// or has been set anew means nothing.
func (s *step) expire(t Timer) {
	if t >= NumTimers || !s.runs(t) || s.now < s.c.Deadlines[t] {
		return
	}
	s.stop(t)
	switch t {
	case Retransmission:
		s.retransmit()
	case DelayedAck:
		s.rule(ruleDelayedAck)
		s.ackNow = true
	case Persist:
		s.probe()
	case UserTimeout:
		if s.c.State == FinWait2 {
			s.gone(ruleLinuxFinTimeout)
			return
		}
		s.gone(ruleUserTimeout, TimedOut)
	case TimeWaitTimer:
		s.gone(ruleTimeWaitEnd)
	}
}

// retransmit is RFC 6298 section 5: send the earliest segment again, back off,
// and from there on all that was sent before, as the windows allow.
func (s *step) retransmit() {
	c := &s.c
	s.rule(ruleRetransmission)
	if c.tries++; c.tries > s.limit() {
		s.gone(ruleRetransmission, TimedOut)
		return
	}
	c.rtt.timing = false
	c.rtt.backoff = uint8(min(int(c.rtt.backoff)+1, 63))
	if !c.synAcked() {
		s.emit(SYN, c.Snd.ISS, nil)
		c.next = c.Snd.ISS + 1
		return
	}
	c.congestion.collapse(uint32(c.Snd.NXT-c.Snd.UNA), c.Snd.MSS, c.Snd.NXT)
	c.next = c.Snd.UNA
}

// limit is R2 of RFC 9293 section 3.8.3, in retransmissions. Linux lets nobody
// wait so long for an orphan: tcp_orphan_retries, whose 0 means 8.
func (s *step) limit() int {
	switch {
	case !s.c.synAcked():
		return s.p.SynRetries
	case s.p.Linux && s.c.orphan:
		return min(s.p.Retries, 8)
	}
	return s.p.Retries
}

// probe asks a peer whose window is closed: RFC 9293 section 3.8.6.1. If it is
// open but not worth a segment, this is the override of section 3.8.6.2.1.
// A connection lives as long as its probes are answered (MUST-37).
func (s *step) probe() {
	c := &s.c
	s.rule(rulePersist)
	if c.unanswered++; c.unanswered > s.limit() {
		s.gone(rulePersist, TimedOut)
		return
	}
	c.probes++
	if c.Snd.WND > 0 {
		s.forced = true
		return
	}
	if s.p.Linux {
		// The RFC sends at least one octet of new data. Linux sends none, from
		// before the window, which asks for an ACK as well (tcp_xmit_probe_skb);
		// no sysctl.
		s.emit(ACK, c.Snd.UNA-1, nil)
		return
	}
	n := min(1, int(c.end.Sub(c.Snd.UNA)))
	after := s.sendFrom(c.Snd.UNA, n, 1)
	c.rtt.timing = false
	if after.After(c.Snd.NXT) {
		c.Snd.NXT = after
	}
}

// arm starts the timers that what is on its way, or waits, needs.
func (s *step) arm() {
	c := &s.c
	outstanding := c.Snd.UNA != c.Snd.NXT
	waiting := maySend.Has(c.State) && (c.end.After(c.next) || c.closing && c.next == c.end)
	shut := c.synAcked() && c.Snd.WND == 0
	switch {
	case !maySend.Has(c.State) && c.State != SynSent && c.State != SynRecv:
		s.stop(Retransmission)
		s.stop(Persist)
	case outstanding && !shut:
		s.stop(Persist)
		if !s.runs(Retransmission) {
			s.start(Retransmission, c.rtt.timeout(s.p))
		}
	case outstanding || waiting:
		s.stop(Retransmission)
		if !s.runs(Persist) {
			s.start(Persist, doubled(c.rtt.rto, c.probes, s.p.MaxRTO))
		}
	default:
		s.stop(Retransmission)
		s.stop(Persist)
	}
	s.armUser(outstanding)
}

// armUser runs the user timeout while something is not acknowledged. In
// FIN-WAIT-2 nothing is, and the timer serves awaitFin.
func (s *step) armUser(outstanding bool) {
	switch {
	case s.c.State == FinWait2:
	case s.p.UserTimeout <= 0 || !outstanding:
		s.stop(UserTimeout)
	case !s.runs(UserTimeout):
		s.start(UserTimeout, s.p.UserTimeout)
	}
}
