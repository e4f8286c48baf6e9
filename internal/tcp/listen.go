package tcp

// listen is RFC 9293 section 3.10.7.2.
func (s *step) listen(seg Segment) {
	switch {
	case seg.Flags.Has(RST):
		s.rule(ruleListenReset)
	case seg.Flags.Has(ACK):
		s.rule(ruleListenAck)
		s.emitRaw(s.p.Reset(seg))
	case seg.Flags.Has(SYN):
		s.acceptSyn(seg, ruleListenSyn)
	default:
		s.rule(ruleListenOther)
	}
}

// acceptSyn makes the connection that a SYN asks for.
func (s *step) acceptSyn(seg Segment, rule string) {
	iss := s.c.Snd.ISS
	if s.iss != 0 {
		iss = s.iss
	}
	s.newSender(iss)
	s.synOptions(seg)
	s.become(SynRecv, rule)
	s.emit(SYN, iss, nil)
	// The RFC keeps text that comes with a SYN until ESTABLISHED. Linux drops
	// it, unless TCP Fast Open is used (tcp_conn_request); the peer sends it again.
	if !s.p.Linux {
		s.holdEarly(seg)
	}
}

// holdEarly keeps what came with a SYN until the connection is established.
func (s *step) holdEarly(seg Segment) {
	seg.Seq++
	seg.Flags &^= SYN
	s.hold(s.cut(seg))
}

// synOptions takes what a SYN says about the peer: RFC 9293 section 3.7.1 and
// RFC 7323. Each option counts only if both ends offer it.
func (s *step) synOptions(seg Segment) {
	c := &s.c
	c.Rcv = ReceiveVars{IRS: seg.Seq, NXT: seg.Seq + 1, WND: s.p.Window}
	c.scaling = seg.Options.HasScale && s.p.Window > 65535
	if c.scaling {
		// RFC 7323 section 2.3: a greater shift count than 14 means 14.
		c.shift = [2]uint8{sendShift: min(seg.Options.WindowScale, 14), receiveShift: s.p.shift()}
	}
	c.Rcv.WND = s.room()
	c.timestamps = seg.Options.HasTimestamps && s.p.Timestamps
	if c.timestamps {
		c.tsRecent, c.tsRecentAt = seg.Options.TSVal, s.now
	}
	mss := seg.Options.MSS
	if mss == 0 {
		mss = 536 // RFC 9293 section 3.7.1, MUST-15
	}
	mss = min(mss, s.p.MSS)
	if c.timestamps {
		mss -= min(mss, 12) // options take their room: RFC 6691
	}
	c.Snd.MSS = max(mss, 48) // Linux's TCP_MIN_SND_MSS, against absurd peers
	s.setWindow(seg, 0)
}

// backToListen is where an attempt to open a passive connection ends that did
// not succeed.
func (s *step) backToListen(rule string) {
	if before := s.c.before; before != nil && !s.p.Linux {
		// The SYN that ended TIME-WAIT was an old duplicate: RFC 9293 section
		// 3.6.1, MAY-2 (2). Linux has destroyed its TIME_WAIT (tcp_v4_rcv) and
		// does not come back.
		s.c = *before
		s.become(TimeWait, rule)
		return
	}
	if !s.c.Listener || s.c.orphan || s.c.closing {
		s.gone(rule)
		return
	}
	listening := Conn{Listener: true, passive: true}
	listening.Snd.ISS = nextISS(s.c.Snd.NXT)
	s.c = listening
	s.become(Listen, rule)
}

// nextISS is an initial send sequence number for the connection after one that
// got as far as nxt: beyond all that it could have sent in a window. Linux
// takes the same step (tcp_timewait_state_process).
func nextISS(nxt Seq) Seq {
	if iss := nxt + 65537; iss != 0 {
		return iss
	}
	return 1
}
