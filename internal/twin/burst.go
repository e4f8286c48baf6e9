package twin

// burst opens connections of one stream for as long as nothing else happens: no
// timer ends, the secret of the port choice stays, no second is over. It opens
// one in any case, the one that is due now.
func (d *Driver) burst(s *stream, limit int64) {
	h := d.h
	limit = min(limit, h.resalt)
	if s.Hold > 0 {
		limit = d.closeAhead(s, min(limit, h.due, h.now+int64(s.Hold)))
	}
	for {
		if s.brisk && h.brisk && h.rows[0].due != never {
			d.rush(s, min(limit, h.due))
		} else {
			d.open(s)
			s.schedule(h)
		}
		if s.opens >= limit || s.opens >= h.due {
			return
		}
		h.set(s.opens)
	}
}

// rush does the same for a brisk stream of a brisk host: what open asks for each
// connection was asked once. The row of TIME_WAIT must have a timer that runs.
func (d *Driver) rush(s *stream, limit int64) {
	h, r, span := d.h, d.h.rows[0], &d.h.span
	for {
		g := h.groups[s.Groups[s.turn]]
		if s.turn++; s.turn == len(s.Groups) {
			s.turn = 0
		}
		d.Tried++
		f := h.dial(g, span)
		d.longest = max(d.longest, f.visited)
		d.note(f)
		switch {
		case f.place < 0:
			d.Failed++
		case s.Hold > 0:
			d.Opened++
			s.live.push(held1{at: h.now + int64(s.Hold), group: g.id, port: g.portAt(f.place)})
			s.closes = s.live.due()
		case uint64(h.population) < h.limit && r.due != never: // dial may have ended all that were in r
			d.Opened++
			d.Closed++
			h.wait(r, g, f.place, g.portAt(f.place), h.ms)
		default:
			d.Opened++
			d.close(s, g, f.place)
		}
		s.schedule(h)
		if s.opens >= limit {
			return
		}
		h.set(s.opens)
	}
}

// closeAhead closes what is due before limit, so that the connections that are
// opened before then come in one go. That changes nothing: to connect() a port in
// use and one in TIME_WAIT since a moment ago are the same. It stops at the first
// close that does more than begin a TIME_WAIT, and returns when that is.
func (d *Driver) closeAhead(s *stream, limit int64) int64 {
	h, r := d.h, d.h.rows[0]
	if s.Ends != ByUs || !h.brisk || r.due == never || len(h.stuck) > 0 {
		return min(limit, s.closes)
	}
	for s.closes < limit {
		c := s.live.oldest()
		g := h.groups[c.group]
		if c.at < h.now || !g.simple || uint64(h.population) >= h.limit {
			return s.closes
		}
		place := g.place(c.port)
		if now := &g.cells[place>>6]; (now.busy&^now.mini)>>(place&63)&1 == 0 { // ended by another
			return s.closes
		}
		h.wait(r, g, place, c.port, c.at/1e6)
		d.Closed++
		s.live.pop()
		s.closes = s.live.due()
	}
	return limit
}
