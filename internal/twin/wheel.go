package twin

// The timers to Linux 4.0 (net/ipv4/inet_timewait_sock.c): a wheel of 8 slots
// for all mini-sockets, and a calendar for those that live shorter than about
// four seconds.
const (
	slots = 8
	// quota is INET_TWDR_TWKILL_QUOTA: one tick ends so many mini-sockets and one
	// more; then a work queue ends the rest of the slot at once, but the hand stays
	// where it is until the next tick.
	quota         = 100
	calendarSlots = 32
)

// wheel is the hand of inet_twdr_hangman. Its entries are in the rows.
type wheel struct {
	hand int
	due  int64 // jiffy of the next tick
}

func (w *wheel) period(h *Host) int64 { return timeWaitLen * h.hz / 1000 / slots }

// onWheel says where a row's entries go: inet_twsk_schedule.
func (h *Host) onWheel(r *row) {
	tick := uint(5)
	for h.hz > 1<<tick {
		tick++
	}
	tick -= 3 // INET_TWDR_RECYCLE_TICK
	ticks := (r.jiffies + 1<<tick - 1) >> tick
	switch period := h.wheel.period(h); {
	case ticks < calendarSlots:
		r.jiffies = ticks << tick
	case r.length >= timeWaitLen:
		r.ahead = slots - 1
	default:
		r.ahead = min(slots-1, int((r.jiffies+period-1)/period))
	}
}

// add puts the next entry of a row into its slot. The first mini-socket of all,
// also if it is one for the calendar, starts the hand.
func (w *wheel) add(h *Host, r *row) {
	if r.ahead > 0 {
		r.cells[(w.hand+r.ahead)%slots]++
	}
	if h.population == 0 {
		w.due = h.ms*h.hz/1000 + w.period(h)
		h.due = min(h.due, h.jiffyTime(w.due))
	}
}

// tick is inet_twdr_hangman.
func (w *wheel) tick(h *Host, jiffy int64) {
	w.due = never
	if h.population == 0 { // the hand stops, and only dead entries are left
		for _, r := range h.rows {
			if r.ahead > 0 {
				h.shorten(r, r.tail)
				r.cells, r.dead = [slots]int{}, 0
			}
		}
		return
	}
	before := h.population
	for _, r := range h.rows {
		if r.ahead == 0 || r.cells[w.hand] == 0 {
			continue
		}
		to := r.head + uint64(r.cells[w.hand])
		for n := r.head; n < to; n++ {
			h.finish(r, *r.fifo.slot(n))
		}
		r.cells[w.hand] = 0
		h.shorten(r, to)
	}
	killed := before - h.population
	if killed <= quota {
		w.hand = (w.hand + 1) % slots
	}
	if killed > quota || h.population > 0 {
		w.due = jiffy + w.period(h)
	}
}

// spread puts what was loaded into the slots that it would be in by its age, on
// a wheel whose slots held no more than the quota.
func (w *wheel) spread(h *Host) {
	if h.kernel.Timer != Slots {
		return
	}
	for _, r := range h.rows {
		if r.ahead == 0 {
			continue
		}
		r.cells = [slots]int{}
		for n := r.head; n < r.tail; n++ {
			turned := int((h.ms - r.slot(n).at(h.ms)) * h.hz / 1000 / w.period(h))
			r.cells[(w.hand+max(0, r.ahead-turned))%slots]++
		}
	}
}
