package tcp

// The windows: RFC 9293 section 3.8.6, and their scale: RFC 7323 section 2.

// room is the window that the receive buffer could offer.
func (s *step) room() uint32 {
	size := s.p.Window
	if !s.c.scaling {
		size = min(size, 65535)
	}
	size -= min(size, s.c.unread)
	shift := s.c.shift[receiveShift]
	return size >> shift << shift
}

// advertise returns the window field of a segment and remembers what it offers.
// The right edge never moves back, and moves on only by a worthwhile piece: the
// silly-window avoidance of RFC 9293 section 3.8.6.2.2.
func (s *step) advertise(syn bool) uint16 {
	wnd := &s.c.Rcv.WND
	if room := s.room(); room > *wnd && room-*wnd >= s.piece() {
		*wnd = room
	}
	if syn {
		return uint16(min(*wnd, 65535)) // RFC 7323 section 2.2: never scaled
	}
	return uint16(min(*wnd>>s.c.shift[receiveShift], 65535))
}

func (s *step) piece() uint32 { return min(s.p.Window/2, uint32(s.p.MSS)) }

// worthTelling reports whether the window has opened so far that the peer may
// be waiting for it.
func (s *step) worthTelling() bool {
	room, wnd := s.room(), s.c.Rcv.WND
	return room > wnd && room-wnd >= s.piece() && (wnd < uint32(s.p.MSS) || room/2 >= wnd)
}

// updateWindow takes the peer's window from a segment that is not older than
// the one before (RFC 9293 section 3.10.7.4, fifth).
func (s *step) updateWindow(seg Segment) {
	snd := &s.c.Snd
	if seg.Ack.Before(snd.UNA) || seg.Ack.After(snd.NXT) {
		return
	}
	if !snd.WL1.Before(seg.Seq) && (snd.WL1 != seg.Seq || snd.WL2.After(seg.Ack)) {
		return
	}
	s.setWindow(seg, s.c.shift[sendShift])
}

func (s *step) setWindow(seg Segment, shift uint8) {
	snd := &s.c.Snd
	old := snd.WND
	snd.WND = uint32(seg.Window) << shift
	snd.WL1, snd.WL2 = seg.Seq, seg.Ack
	s.c.maxWindow = max(s.c.maxWindow, snd.WND)
	if old == 0 && snd.WND > 0 && s.c.synAcked() {
		// What was sent into the closed window, probes too, was not kept.
		s.c.next = snd.UNA
		s.c.probes = 0
	}
}

// acceptableSeq is the sequence number of a segment without data: the highest
// one that the peer's window surely lets pass. SND.NXT, which RFC 9293 names,
// can lie beyond a window that closed on a probe, and such an ACK would be
// dropped; Linux does the same (tcp_acceptable_seq).
func (s *step) acceptableSeq() Seq {
	if edge := s.c.Snd.UNA.Add(s.c.Snd.WND); edge.Before(s.c.Snd.NXT) && s.c.synAcked() {
		return edge
	}
	return s.c.Snd.NXT
}
