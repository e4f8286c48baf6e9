package tcp

import "slices"

// maxPieces bounds the out-of-order queue of a peer that sends tiny segments;
// the window bounds its bytes.
const maxPieces = 4096

// piece is text that came before what precedes it.
type piece struct {
	seq  Seq
	data []byte
}

func (p piece) end() Seq { return p.seq.Add(uint32(len(p.data))) }

// text is the seventh check: the segment's text, cut to the window. It reports
// whether the connection is still there.
func (s *step) text(seg Segment) bool {
	s.updateStamp(seg)
	if !s.receiving() {
		return true
	}
	c := &s.c
	if c.orphan && len(seg.Data) > 0 {
		// The half-duplex close: nobody will read this. RFC 9293 section 3.6.1,
		// SHLD-3; Linux: TCPAbortOnData in tcp_rcv_state_process, which answers
		// with the segment's own numbers; no sysctl.
		if s.p.Linux {
			s.emitRaw(s.p.Reset(seg))
		} else {
			s.emitReset()
		}
		s.gone(ruleHalfDuplex)
		return false
	}
	if seg.Seq != c.Rcv.NXT {
		if seg.Len() > 0 {
			s.rule(ruleText)
			s.hold(seg)
			s.ackNow = true // the duplicate ACK of RFC 5681 section 4.2
		}
		return true
	}
	if seg.Flags.Has(FIN) {
		c.finHeld, c.finAt = true, seg.Seq.Add(uint32(len(seg.Data)))
	}
	if len(seg.Data) > 0 {
		s.rule(ruleText)
		s.deliver(seg.Data)
	}
	s.deliverHeld()
	return true
}

// deliver gives text that is in order to the user.
func (s *step) deliver(data []byte) {
	c := &s.c
	n := uint32(len(data))
	if s.out.Data == nil {
		s.out.Data = data[:n:n]
	} else {
		s.out.Data = append(s.out.Data, data...)
	}
	c.Rcv.NXT += Seq(n)
	c.Rcv.WND -= min(c.Rcv.WND, n)
	c.unread += n
	// RFC 9293 section 3.8.6.3: at least every second full segment.
	if c.Rcv.NXT.Sub(c.ackSent) > int32(s.p.MSS) || len(c.held) > 0 {
		s.ackNow = true
	} else if !s.runs(DelayedAck) {
		s.start(DelayedAck, s.p.DelayedAck)
	}
}

// deliverHeld gives what the last segment made to be in order.
func (s *step) deliverHeld() {
	c := &s.c
	for len(c.held) > 0 && !c.held[0].seq.After(c.Rcv.NXT) {
		first := c.held[0]
		if old := int(c.Rcv.NXT.Sub(first.seq)); old < len(first.data) {
			s.deliver(first.data[old:])
		}
		c.held = c.held[1:]
	}
	if len(c.held) == 0 {
		c.held = nil
	}
}

// hold keeps text, and a FIN, that came out of order. The queue is sorted and
// its pieces do not overlap; it is copied, since an older version of the
// connection may share it.
func (s *step) hold(seg Segment) {
	c := &s.c
	if seg.Flags.Has(FIN) {
		c.finHeld, c.finAt = true, seg.Seq.Add(uint32(len(seg.Data)))
	}
	if len(seg.Data) == 0 || len(c.held) >= maxPieces {
		return
	}
	i, _ := slices.BinarySearchFunc(c.held, seg.Seq, func(p piece, seq Seq) int { return int(p.seq.Sub(seq)) })
	p := piece{seg.Seq, seg.Data}
	if i > 0 {
		if overlap := int(c.held[i-1].end().Sub(p.seq)); overlap > 0 {
			p.seq, p.data = p.seq.Add(uint32(overlap)), p.data[min(overlap, len(p.data)):]
		}
	}
	covered := i
	for covered < len(c.held) && !c.held[covered].end().After(p.end()) {
		covered++
	}
	if covered < len(c.held) {
		if overlap := int(p.end().Sub(c.held[covered].seq)); overlap > 0 {
			p.data = p.data[:max(len(p.data)-overlap, 0)]
		}
	}
	if len(p.data) == 0 {
		return
	}
	p.data = slices.Clone(p.data)
	held := make([]piece, 0, len(c.held)+1)
	held = append(append(append(held, c.held[:i]...), p), c.held[covered:]...)
	c.held = held
}

// finish is the eighth check: the peer's FIN, once all before it has come.
func (s *step) finish() {
	c := &s.c
	if !c.finHeld || c.finAt != c.Rcv.NXT {
		return
	}
	switch c.State {
	case Established:
		s.become(CloseWait, ruleFin)
	case FinWait1:
		s.become(Closing, ruleFin)
	case FinWait2:
	default:
		return
	}
	c.finHeld = false
	c.held = nil
	c.Rcv.NXT++
	c.Rcv.WND -= min(c.Rcv.WND, 1)
	s.signal(PeerClosed)
	s.ackNow = true
	if c.State == FinWait2 {
		s.enterTimeWait(ruleFin)
	}
}
