package twin

// abandon puts an orphan into FIN_WAIT2. linger2 is its TCP_LINGER2 in ms, 0 if
// not set. For F of at most 60 s it becomes a mini-socket for F; for more it
// stays a full socket for F-60 s, and then is a mini-socket for F-60 s again
// (tcp_rcv_state_process, tcp_keepalive_timer).
func (h *Host) abandon(g *group, place int, linger2 int64) {
	linger2 = min(linger2, linger2Max)
	f := h.finTime(linger2)
	h.tidy()
	if f > timeWaitLen {
		t, bit := g.trait(place)
		t.orphan |= bit
		g.orphans++
		h.enter(h.rowOf(orphanRow, f-timeWaitLen, linger2), g, g.portAt(place), g.stamp(place), h.ms)
		return
	}
	h.finWait2(g, place, f)
}

// finTime is tcp_fin_time: never less than 3.5 RTO.
func (h *Host) finTime(linger2 int64) int64 {
	f := linger2
	if f == 0 {
		f = h.settings.FinTimeout.Value * 1000
	}
	return max(f, floorLen)
}

// finWait2 makes an orphan a mini-socket, or ends it if the quota is reached.
func (h *Host) finWait2(g *group, place int, length int64) {
	if !h.admit() {
		h.release(g, place)
		return
	}
	t, bit := g.trait(place)
	t.finWait2 |= bit
	h.become(h.rowOf(finWait2Row, max(length, floorLen), 0), g, place, g.portAt(place))
	h.population++
	g.miniFinWait2++
}

// orphanTimer is tcp_keepalive_timer for a full socket in FIN_WAIT2. It reads F
// anew: if that is at most 60 s by now, it resets the connection.
func (h *Host) orphanTimer(r *row, g *group, place int) {
	t, bit := g.trait(place)
	t.orphan &^= bit
	g.orphans--
	if rest := h.finTime(r.linger2) - timeWaitLen; rest > 0 {
		h.finWait2(g, place, rest)
		return
	}
	h.release(g, place)
}

// FromPeer is the FIN of the peer, or a segment that restarts the timer of a
// TIME_WAIT. A mini-socket in FIN_WAIT2 becomes TIME_WAIT; an orphan that is
// still a full socket asks the quota first. The error is ENOTCONN if the
// connection is none of these.
func (h *Host) FromPeer(c Conn) error {
	g := h.groups[c.Group]
	if g.loose || !g.holds(c.Port) {
		return ENOTCONN
	}
	place := g.place(c.Port)
	w, bit := place>>6, uint64(1)<<(place&63)
	t, _ := g.has(place)
	switch {
	case t.orphan&bit != 0:
		g.orphans--
		g.traits[w].orphan &^= bit
		h.outdate(g, place)
		h.closeActively(g, place, c.Port)
	case g.cells[w].mini&bit != 0:
		ripe := g.cells[w].ripe&bit != 0 && t.finWait2&bit == 0
		h.kill(g, place)
		if t.finWait2&bit != 0 {
			g.traits[w].finWait2 &^= bit
		}
		h.enter(h.rows[0], g, c.Port, g.stamp(place), h.ms)
		g.cells[w].mini |= bit
		h.population++
		g.timeWait++
		if ripe {
			g.ripen(place)
		}
	default:
		return ENOTCONN
	}
	return nil
}

// Kill ends a mini-socket before its time: a reset with the exact sequence
// number while tcp_rfc1337 is off, an acceptable SYN, or SOCK_DESTROY. The error
// is ENOTCONN if the connection is none.
func (h *Host) Kill(c Conn) error {
	g := h.groups[c.Group]
	if g.loose || !g.holds(c.Port) {
		return ENOTCONN
	}
	place := g.place(c.Port)
	if g.cells[place>>6].mini>>(place&63)&1 == 0 {
		return ENOTCONN
	}
	h.kill(g, place)
	h.release(g, place)
	h.unstick()
	return nil
}
