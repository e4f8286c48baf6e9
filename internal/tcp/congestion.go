package tcp

// congestion is the congestion control of RFC 5681, with the recovery of RFC
// 6582 (NewReno). Its zero value is that of a new connection.
type congestion struct {
	window     uint32 // cwnd; 0: the initial window
	threshold  uint32 // ssthresh; 0: not yet known
	duplicates int    // duplicate ACKs in a row
	recovering bool
	recover    Seq // recovery lasts until this is acknowledged
	patience   int // duplicate ACKs after which a retransmission is taken for lost
}

// allowed is how much may be on its way. The first two duplicate ACKs let a new
// segment out each (limited transmit, RFC 3042).
func (g *congestion) allowed(mss uint16) uint32 {
	allowed := g.size(mss)
	if !g.recovering {
		allowed += uint32(min(g.duplicates, 2)) * uint32(mss)
	}
	return allowed
}

// size is cwnd, at first that of RFC 6928.
func (g *congestion) size(mss uint16) uint32 {
	if g.window == 0 {
		return min(10*uint32(mss), max(2*uint32(mss), 14600))
	}
	return g.window
}

// grow opens the window for n newly acknowledged bytes: slow start, then
// congestion avoidance (RFC 5681 section 3.1).
func (g *congestion) grow(n uint32, mss uint16) {
	m := uint32(mss)
	window := g.size(mss)
	if g.threshold == 0 || window < g.threshold {
		window += min(n, 2*m)
	} else {
		window += max(1, m*m/window)
	}
	g.window = min(window, maxWindow)
}

// halve sets ssthresh for a loss: RFC 5681 equation 4.
func (g *congestion) halve(flight uint32, mss uint16) {
	g.threshold = max(flight/2, 2*uint32(mss))
}

// collapse is what a retransmission time-out does. Duplicate ACKs for what is
// sent again must not start a recovery: RFC 6582 section 3.2, step 4.
func (g *congestion) collapse(flight uint32, mss uint16, nxt Seq) {
	g.halve(flight, mss)
	g.window = uint32(mss)
	g.recovering, g.duplicates = false, 0
	g.recover = nxt
}

// duplicate is a duplicate ACK: the third means that a segment is lost (fast
// retransmit, RFC 5681 section 3.2).
func (s *step) duplicate() {
	c, g := &s.c, &s.c.congestion
	mss := uint32(c.Snd.MSS)
	flight := uint32(c.Snd.NXT - c.Snd.UNA)
	g.duplicates++
	if g.recovering {
		g.window = min(g.window+mss, maxWindow)
		if g.patience--; g.patience <= 0 {
			s.resendFirst()
		}
		return
	}
	if g.duplicates < s.lossSigns(flight) || !c.Snd.UNA.After(g.recover) {
		return
	}
	g.halve(flight, c.Snd.MSS)
	g.recovering, g.recover = true, c.Snd.NXT
	g.window = g.threshold + 3*mss
	s.resendFirst()
}

// lossSigns is how many duplicate ACKs mean a loss: three, or fewer if so few
// segments are on their way that three cannot come (early retransmit, RFC 5827).
func (s *step) lossSigns(flight uint32) int {
	mss := uint32(s.c.Snd.MSS)
	segments := (flight + mss - 1) / mss
	if segments < 4 && s.c.end == s.c.next {
		return int(max(2, segments)) - 1
	}
	return 3
}

// resendFirst sends the first segment that is not acknowledged once more. If it
// is lost again, the ACKs of all that is on its way will come and then one
// more, since the window lets new segments follow: patience counts them.
func (s *step) resendFirst() {
	c := &s.c
	n := min(int(c.end.Sub(c.Snd.UNA)), int(c.Snd.MSS), int(c.Snd.NXT-c.Snd.UNA))
	c.congestion.patience = int(uint32(c.Snd.NXT-c.Snd.UNA)/uint32(c.Snd.MSS)) + 3
	c.rtt.timing = false
	s.sendFrom(c.Snd.UNA, max(n, 0), int(c.Snd.NXT-c.Snd.UNA))
}

// acknowledged adjusts the window to an ACK of n new bytes. In a recovery one
// that does not end it shows the next hole (RFC 6582 section 3.2, step 3).
func (s *step) acknowledged(n uint32) {
	c, g := &s.c, &s.c.congestion
	switch {
	case !g.recovering:
		g.grow(n, c.Snd.MSS)
	case !c.Snd.UNA.Before(g.recover):
		g.recovering = false
		g.window = g.threshold
	default:
		g.window -= min(g.window, n)
		g.window += uint32(c.Snd.MSS)
		if c.Snd.UNA != c.Snd.NXT {
			s.resendFirst()
		}
	}
	g.duplicates = 0
}
