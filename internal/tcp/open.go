package tcp

// The calls that open and use a connection: RFC 9293 sections 3.10.1 to 3.10.3.

func (s *step) openPassive(e Event) {
	if s.c.State != Close {
		s.fail(ErrExists, ruleOpen)
		return
	}
	s.c = Conn{Listener: true, passive: true}
	s.c.Snd.ISS = e.ISS
	s.become(Listen, ruleOpen)
}

func (s *step) openActive(e Event) {
	switch s.c.State {
	case Close:
		s.c = Conn{}
	case Listen:
		// RFC 9293 section 3.10.1 turns the passive connection into an active one.
		// Linux refuses connect(2) on a listening socket (EISCONN,
		// __inet_stream_connect); no sysctl.
		if s.p.Linux {
			s.fail(ErrExists, ruleOpen)
			return
		}
	default:
		s.fail(ErrExists, ruleOpen)
		return
	}
	s.sendSyn(e.ISS, ruleOpen)
}

// sendSyn opens actively.
func (s *step) sendSyn(iss Seq, rule string) {
	s.c.passive = false
	s.newSender(iss)
	s.c.Rcv.WND = s.p.Window
	s.become(SynSent, rule)
	s.emit(SYN, iss, nil)
}

// newSender sets the send variables for a SYN that is about to go out.
func (s *step) newSender(iss Seq) {
	s.c.Snd = SendVars{ISS: iss, UNA: iss, NXT: iss + 1, MSS: 536}
	s.c.next, s.c.end = iss+1, iss+1
	s.c.congestion = congestion{recover: iss}
	s.c.rtt = roundTrip{rto: s.p.InitialRTO}
	s.c.rtt.time(iss, s.now)
}

func (s *step) send(e Event) {
	c := &s.c
	switch c.State {
	case Close:
		s.fail(ErrNoConnection, ruleSend)
		return
	case Listen:
		// RFC 9293 section 3.10.2: SEND makes a passive connection active. Linux
		// has no such thing: write(2) on a listening socket fails (EPIPE,
		// tcp_sendmsg_locked); no sysctl.
		if s.p.Linux {
			s.fail(ErrNoConnection, ruleSend)
			return
		}
		s.sendSyn(e.ISS, ruleSend)
	}
	if c.closing || c.orphan || c.State == TimeWait {
		s.fail(ErrClosing, ruleSend)
		return
	}
	c.queue = c.queue.push(e.Data)
	c.end += Seq(len(e.Data))
	s.rule(ruleSend)
}

// read takes n bytes off the receive buffer. The window opens, and the peer is
// told if that is worth a segment.
func (s *step) read(n int) {
	s.rule(ruleRead)
	s.c.unread -= uint32(min(max(n, 0), int(s.c.unread)))
	if s.receiving() && s.worthTelling() {
		s.ackNow = true
	}
}

// receiving reports whether text of the peer may still come.
func (s *step) receiving() bool {
	return States(Established, FinWait1, FinWait2).Has(s.c.State)
}
