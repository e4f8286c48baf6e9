package tcp

// maySend holds the states in which data or a FIN can go out.
const maySend = StateSet(1<<Established | 1<<FinWait1 | 1<<CloseWait | 1<<Closing | 1<<LastAck)

// transmit sends all that the windows allow: new data, and old data from c.next
// on after a retransmission time-out.
func (s *step) transmit() {
	if !maySend.Has(s.c.State) {
		return
	}
	for s.transmitOne() {
	}
}

// transmitOne sends the segment that is next, if it may go.
func (s *step) transmitOne() bool {
	c := &s.c
	unsent := int(c.end.Sub(c.next))
	if unsent < 0 || unsent == 0 && !c.closing {
		return false
	}
	usable := s.usable()
	n := min(unsent, int(c.Snd.MSS), usable)
	if usable < 1 || !s.worthSending(n, unsent, usable) {
		return false
	}
	s.forced = false
	c.next = s.sendFrom(c.next, n, usable)
	if c.next.After(c.Snd.NXT) {
		c.rtt.time(c.Snd.NXT, s.now)
		c.Snd.NXT = c.next
	}
	return true
}

// usable is how many octets may go out from c.next on: the smaller of the
// peer's window and the congestion window, less what is on its way.
func (s *step) usable() int {
	wnd := min(s.c.Snd.WND, s.c.congestion.allowed(s.c.Snd.MSS))
	return int(s.c.Snd.UNA.Add(wnd).Sub(s.c.next))
}

// worthSending is the Nagle algorithm (RFC 9293 section 3.7.4) and the sender's
// silly-window avoidance (section 3.8.6.2.1). Old data is sent as it comes.
func (s *step) worthSending(n, unsent, usable int) bool {
	c := &s.c
	all := n == unsent
	switch {
	case s.forced, n >= int(c.Snd.MSS), c.next.Before(c.Snd.NXT):
		return true
	case all && c.closing && usable > n:
		return true // the FIN goes too, nothing will be added
	case all && n > 0 && (s.p.NoDelay || c.Snd.UNA == c.Snd.NXT):
		return true
	}
	return n > 0 && uint32(n) >= c.maxWindow/2
}

// sendFrom sends n bytes from seq on, and the FIN if it follows them and still
// fits. It returns the sequence number after them.
func (s *step) sendFrom(seq Seq, n, usable int) Seq {
	c := &s.c
	flags := ACK
	var data []byte
	if n > 0 {
		data = c.queue.slice(c.queue.len()-int(c.end.Sub(seq)), n)
	}
	after := seq + Seq(n)
	if after == c.end {
		if n > 0 {
			flags |= PSH
		}
		if c.closing && usable > n {
			flags |= FIN
			after++
		}
	}
	s.emit(flags, seq, data)
	return after
}
