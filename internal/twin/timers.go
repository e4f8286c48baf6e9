package twin

import (
	"cmp"
	"slices"
)

// rowKind is what a queue of timers holds.
type rowKind uint8

const (
	timeWaitRow rowKind = iota
	finWait2Row         // mini-sockets in FIN_WAIT2
	orphanRow           // full sockets in FIN_WAIT2 that wait to become such a mini-socket
)

// row holds the timers of one length, oldest first: they also end in this order.
type row struct {
	fifo
	kind   rowKind
	length int64 // ms
	// linger2 is the TCP_LINGER2 of the orphans, in ms; 0: tcp_fin_timeout rules.
	linger2 int64
	ahead   int // Slots: how many slots ahead of the hand its entries go; 0: not on that wheel
	shift   uint8
	jiffies int64 // length
	grain   int64 // of the timer wheel at this length, in jiffies

	due   int64      // jiffy at which the oldest entry ends
	ripe  uint64     // entries before this one were looked at for tcp_tw_reuse
	dead  int        // entries that are not in use any more
	cells [slots]int // Slots: how many entries die with each slot
}

const never = int64(1) << 62

func (h *Host) newRow(kind rowKind, length, linger2 int64) *row {
	r := &row{kind: kind, length: length, linger2: linger2, due: never, grain: 1}
	r.pool = &h.pool
	r.jiffies = max(1, length*h.hz/1000)
	for length>>r.shift > 100_000 {
		r.shift++
	}
	switch {
	case h.kernel.Timer == RoundedTimer:
		for delta := int64(63); r.jiffies >= delta; delta *= 8 {
			r.grain *= 8
		}
	case h.kernel.Timer == Slots && kind != orphanRow:
		h.onWheel(r)
	}
	at := len(h.rows)
	for at > 1 && h.rows[at-1].after(r) {
		at--
	}
	h.rows = slices.Insert(h.rows, at, r)
	return r
}

// after is the order of the rows, in which timers of the same jiffy end: mini-
// sockets before orphans, which may need their places. TIME_WAIT is always first.
func (r *row) after(o *row) bool {
	return cmp.Or(cmp.Compare(r.kind, o.kind), cmp.Compare(r.length, o.length), cmp.Compare(r.linger2, o.linger2)) > 0
}

// rowOf returns the queue of this kind and length.
func (h *Host) rowOf(kind rowKind, length, linger2 int64) *row {
	for _, r := range h.rows {
		if r.kind == kind && r.length == length && r.linger2 == linger2 {
			return r
		}
	}
	return h.newRow(kind, length, linger2)
}

// tidy forgets queues that are not needed any more.
func (h *Host) tidy() {
	rows := h.rows[:1]
	for _, r := range h.rows[1:] {
		if r.len() > 0 {
			rows = append(rows, r)
		}
	}
	clear(h.rows[len(rows):])
	h.rows = rows
}

// enter starts the timer of a place.
func (h *Host) enter(r *row, g *group, port uint16, stamp uint8, at int64) {
	if h.kernel.Timer == Slots && r.kind != orphanRow {
		h.wheel.add(h, r)
	}
	if r.ahead == 0 && r.due == never {
		r.due = r.ends(at * h.hz / 1000)
		h.due = min(h.due, h.jiffyTime(r.due))
	}
	r.push(makeEntry(g.id, port, stamp, at>>r.shift))
}

// ends returns the jiffy at which a timer started at jiffy ends. The timer wheel
// since 4.8 only rounds up: floor((now + length) / grain) + 1 grains. With a grain
// of one it is that of 4.1.
func (r *row) ends(jiffy int64) int64 {
	return ((jiffy+r.jiffies)/r.grain + 1) * r.grain
}

// jiffyTime returns when a jiffy begins, in ns.
func (h *Host) jiffyTime(jiffy int64) int64 {
	return jiffy/h.hz*1e9 + (jiffy%h.hz*1e9+h.hz-1)/h.hz
}

// expire ends all timers that are due now, and finds out when the next are.
func (h *Host) expire() {
	jiffy := h.now/1e9*h.hz + h.now%1e9*h.hz/1e9
	if h.wheel.due <= jiffy {
		h.wheel.tick(h, jiffy)
	}
	for i := 0; i < len(h.rows); i++ {
		if r := h.rows[i]; r.due <= jiffy {
			h.end(r)
		}
	}
	h.unstick()
	h.plan()
}

func (h *Host) plan() {
	due := h.wheel.due
	for _, r := range h.rows {
		due = min(due, r.due)
	}
	h.due = never
	if due != never {
		h.due = h.jiffyTime(due)
	}
}

// end ends all timers of a row that are due with its oldest.
func (h *Host) end(r *row) {
	// A timer started at jiffy j ends by r.due if j < r.due - r.jiffies.
	ms := ((r.due-r.jiffies)*1000 + h.hz - 1) / h.hz
	limit := (ms + 1<<r.shift - 1) >> r.shift
	n, brisk := r.head, r.kind == timeWaitRow && !h.kernel.CountsEnds
	for ; n < r.tail; n++ {
		e := *r.slot(n)
		if !e.before(limit) {
			break
		}
		if g := h.groups[e.group()]; brisk && g.simple && !g.stamped {
			h.population--
			g.vacate(g.place(e.port()))
			continue
		}
		h.finish(r, e)
	}
	h.shorten(r, n)
	r.due = never
	if r.head < r.tail {
		at := r.slot(r.head).at(h.ms>>r.shift) << r.shift
		r.due = r.ends(at * h.hz / 1000)
	}
}

func (h *Host) shorten(r *row, n uint64) {
	r.drop(n)
	r.ripe = max(r.ripe, n)
}

// finish ends one timer.
func (h *Host) finish(r *row, e entry) {
	g := h.groups[e.group()]
	if !g.loose {
		place := g.place(e.port())
		if e.stamp() != g.stamp(place) {
			r.dead--
			return
		}
		if r.kind == orphanRow {
			h.orphanTimer(r, g, place)
			return
		}
		h.release(g, place)
	} else {
		h.leave(g)
	}
	h.population--
	if r.kind == finWait2Row {
		g.miniFinWait2--
	} else {
		g.timeWait--
	}
	h.counted(r)
}

// counted counts the end of a mini-socket where a kernel counts ends: by the
// wheel that it was on, since 4.1 by its length.
func (h *Host) counted(r *row) {
	switch {
	case !h.kernel.CountsEnds:
	case r.ahead > 0 || h.kernel.Timer != Slots && r.length > 4000:
		h.counters.TW++
	default:
		h.counters.TWKilled++
	}
}
