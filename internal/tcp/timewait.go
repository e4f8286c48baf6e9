package tcp

import "time"

// enterTimeWait ends the connection for its user and keeps its numbers.
//
// RFC 9293 section 3.6.1 demands it of the end that closed actively (MUST-13).
// Linux can fail to: beyond tcp_max_tw_buckets the connection goes to CLOSED,
// as it does here with a Params.TimeWait of zero.
func (s *step) enterTimeWait(rule string) {
	if s.p.TimeWait <= 0 {
		if s.ackNow {
			s.emit(ACK, s.acceptableSeq(), nil)
		}
		s.gone(rule)
		return
	}
	c := &s.c
	s.become(TimeWait, rule)
	c.Deadlines = [NumTimers]time.Duration{}
	s.restart()
}

// restart begins 2 MSL again.
func (s *step) restart() { s.start(TimeWaitTimer, s.p.TimeWait) }

// timeWait is RFC 9293 section 3.10.7.4 for TIME-WAIT.
func (s *step) timeWait(seg Segment) {
	c := &s.c
	switch {
	case seg.Flags&(SYN|ACK|RST) == SYN:
		s.newSyn(seg)
	case seg.Flags.Has(RST):
		s.timeWaitReset(seg)
	case !s.checkStamp(seg):
	case seg.Flags.Has(FIN) && seg.Seq.Add(seg.Len()) == c.Rcv.NXT:
		// "The only thing that can arrive in this state is a retransmission of the
		// remote FIN. Acknowledge it, and restart the 2 MSL timeout." It fails the
		// first check, which by itself would not restart anything.
		s.rule(ruleAck)
		s.ackNow = true
		s.restart()
	case !acceptable(seg, c.Rcv.NXT, c.Rcv.WND):
		s.answer(seg, ruleSequence)
	case seg.Flags.Has(SYN):
		s.rule(ruleSyn)
		s.challenge()
	case !seg.Flags.Has(ACK):
		s.rule(ruleAck)
	case seg.Len() > 0:
		// Text after a FIN "should not occur"; the sequence number tells the peer.
		s.rule(ruleText)
		s.ackNow = true
	default:
		s.rule(ruleAck) // a bare ACK wants no answer
	}
}

// timeWaitReset is the assassination of RFC 1337: an old reset ends TIME-WAIT
// before its time. Fix F1 is to ignore all resets. In Linux tcp_rfc1337, off by
// default, does the same (tcp_timewait_state_process).
func (s *step) timeWaitReset(seg Segment) {
	c := &s.c
	switch {
	case s.p.RFC1337:
		s.rule(ruleRFC1337)
	case seg.Seq == c.Rcv.NXT:
		s.wasReset()
	case seg.Seq.InWindow(c.Rcv.NXT, c.Rcv.WND):
		s.rule(ruleReset)
		s.challenge()
	default:
		s.rule(ruleSequence)
	}
}

// newSyn is a SYN in TIME-WAIT: an old duplicate, or a new connection. RFC 9293
// section 3.6.1 lets a new one in (MAY-2) by its sequence number, RFC 6191 by
// its timestamp.
//
// Without a listener there is no one to accept it. The tuple is not CLOSED, so
// there is no reset as in section 3.10.7.1: RFC 9293 section 3.10.7.4, fourth,
// answers with a challenge ACK, and Linux with an ACK too (tcp_v4_rcv).
func (s *step) newSyn(seg Segment) {
	rule, fresh := s.fresh(seg)
	switch {
	case fresh && s.c.Listener:
		s.reopen(seg, rule)
	case fresh:
		s.rule(ruleSyn)
		s.challenge()
	case seg.Options.HasTimestamps && s.p.Timestamps:
		s.rule(ruleRFC6191) // "Otherwise, silently drop the incoming SYN segment"
	default:
		s.rule(ruleSyn)
		s.challenge()
	}
}

// fresh reports whether a SYN must be newer than the connection in TIME-WAIT,
// and by which rule: the table of RFC 6191 section 2.
func (s *step) fresh(seg Segment) (rule string, ok bool) {
	c := &s.c
	// The last number that the peer used is that of its FIN, before RCV.NXT.
	beyond := !seg.Seq.Before(c.Rcv.NXT)
	stamped := seg.Options.HasTimestamps && s.p.Timestamps
	switch {
	case stamped && !c.timestamps:
		return ruleRFC6191, true
	case stamped && seg.Options.TSVal != c.tsRecent:
		return ruleRFC6191, int32(seg.Options.TSVal-c.tsRecent) > 0
	case stamped:
		return ruleRFC6191, beyond
	}
	return ruleReopen, beyond
}

// reopen makes the connection a passive one again, with a SYN in its hand. Its
// numbers begin beyond those of the old connection: MAY-2 (1).
func (s *step) reopen(seg Segment, rule string) {
	before := s.c
	s.c = Conn{Listener: true, passive: true, before: &before}
	s.c.Snd.ISS = nextISS(before.Snd.NXT)
	s.iss = 0
	s.acceptSyn(seg, rule)
}
