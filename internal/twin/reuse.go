package twin

import "github.com/linger-dev/linger/internal/evidence"

// ripen looks at the mini-sockets that have come of age for tcp_tw_reuse since
// the last time, so that a search meets them as open ports: tcp_twsk_unique.
func (h *Host) ripen() {
	if h.ripened == h.ms {
		return
	}
	h.ripened = h.ms
	limit := h.ripeBefore()
	for _, r := range h.rows {
		if r.kind == orphanRow || r.kind == finWait2Row && !h.kernel.TakesFinWait2 {
			continue
		}
		for ; r.ripe < r.tail; r.ripe++ {
			e := *r.slot(r.ripe)
			if !e.before((limit + 1<<r.shift - 1) >> r.shift) {
				break
			}
			g := h.groups[e.group()]
			if !g.reuse {
				continue
			}
			if place := g.place(e.port()); e.stamp() == g.stamp(place) {
				g.ripen(place)
			}
		}
	}
}

// ripeBefore returns the time, in ms, before which a mini-socket must have been
// made to be old enough.
func (h *Host) ripeBefore() int64 {
	second := h.ms / 1000
	switch h.kernel.Age {
	case TwoSeconds:
		return (second - 1) * 1000
	case OneSecond:
		return second * 1000
	}
	return h.ms - h.delay
}

// reconsider computes anew what connect() may take, after a setting changed.
func (h *Host) reconsider() {
	h.reusing = false
	for _, g := range h.groups {
		g.reuse = g.connects() && (h.mode == 1 || h.mode == 2 && g.loop)
		h.reusing = h.reusing || g.reuse
		for w := range g.cells {
			g.cells[w].ripe = 0
			if g.key.Direction == evidence.Inbound { // an acceptable SYN may always come
				t, _ := g.has(w << 6)
				g.cells[w].ripe = g.cells[w].mini &^ t.finWait2
			}
		}
		g.reopen()
	}
	for _, r := range h.rows {
		r.ripe = r.head
	}
	h.ripened = -1
}

// kill ends a mini-socket before its timer. The place stays busy.
func (h *Host) kill(g *group, place int) {
	w, bit := place>>6, uint64(1)<<(place&63)
	r := h.rows[0]
	if g.traits != nil && g.traits[w].finWait2&bit != 0 {
		g.miniFinWait2--
		for _, o := range h.rows[1:] {
			if o.kind == finWait2Row { // it is not known of which: dead only tells when to compact
				r = o
			}
		}
	} else {
		g.timeWait--
	}
	h.population--
	c := &g.cells[w]
	c.mini &^= bit
	c.ripe &^= bit
	g.shut(c, w, bit)
	if g.stamps != nil && (g.stamps[place]+1)%halfRound != 0 {
		g.stamps[place]++
	} else {
		h.outdate(g, place)
	}
	r.dead++
	if r.dead%64 != 0 {
		return
	}
	if r.dead >= int(r.ripe-r.head)/8*7 {
		h.squeeze(r)
	}
	if r.dead > r.len()/3 {
		h.compact(r)
	}
}

// squeeze moves together what is left of the entries that connect() may take
// over: where all ports are in use, it takes nearly all of them. A row on the
// wheel of slots waits for its slot.
func (h *Host) squeeze(r *row) {
	if r.ahead > 0 {
		return
	}
	to := r.ripe
	for n := r.ripe; n > r.head; {
		n--
		e := *r.slot(n)
		if g := h.groups[e.group()]; g.loose || e.stamp() == g.stamp(g.place(e.port())) {
			to--
			*r.slot(to) = e
		}
	}
	r.dead -= int(to - r.head)
	r.drop(to)
}

// outdate makes the place's entry in a row a dead one. Entries hold 6 bits of
// the stamp, so those of the last round must be gone before a stamp comes again:
// at each half of a round they are, if all rows were compacted since the other
// half ended.
func (h *Host) outdate(g *group, place int) {
	if g.stamps == nil {
		g.stamps, g.stamped = make([]uint16, len(g.cells)*64), true
	}
	s := (g.stamps[place] + 1) & stampMask
	high := g.stamps[place] &^ 0xff
	if s%halfRound == 0 {
		if high == h.compacted<<8 {
			// Meanwhile the place must count as having no entry at all.
			g.stamps[place] = stampMask + 1
			for _, r := range h.rows {
				h.compact(r)
			}
			h.compacted++
		}
		high = h.compacted << 8
	}
	g.stamps[place] = high | s
}

// compact removes the dead entries of a row.
func (h *Host) compact(r *row) {
	var (
		to    = r.head
		ripe  = r.ripe
		cell  = h.wheel.hand
		until = r.head + uint64(r.cells[cell])
		kept  [slots]int
	)
	for n := r.head; n < r.tail; n++ {
		if n == r.ripe {
			ripe = to
		}
		for r.ahead > 0 && n == until {
			cell = (cell + 1) % slots
			until += uint64(r.cells[cell])
		}
		e := *r.slot(n)
		if g := h.groups[e.group()]; !g.loose && e.stamp() != g.stamp(g.place(e.port())) {
			continue
		}
		*r.slot(to) = e
		kept[cell]++
		to++
	}
	if r.ripe >= r.tail {
		ripe = to
	}
	r.cut(to)
	r.ripe, r.dead = ripe, 0
	if r.ahead > 0 {
		r.cells = kept
	}
	if r.head == r.tail && r.due != never {
		r.due = never
		h.plan()
	}
}
