package plain

import (
	"container/heap"
	"slices"

	"github.com/linger-dev/linger/internal/twin"
)

type timer struct {
	due   int64    // ns
	rank  [3]int64 // of its end, among those of one instant
	seq   int
	index int // in the heap; -1: on the wheel of slots
	conn  *conn
}

type timers []*timer

func (t timers) Len() int { return len(t) }
func (t timers) Less(i, j int) bool {
	a, b := t[i], t[j]
	if a.due != b.due {
		return a.due < b.due
	}
	if a.rank != b.rank {
		return slices.Compare(a.rank[:], b.rank[:]) < 0
	}
	return a.seq < b.seq
}

func (t timers) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].index, t[j].index = i, j
}

func (t *timers) Push(x any) {
	x.(*timer).index = len(*t)
	*t = append(*t, x.(*timer))
}

func (t *timers) Pop() any {
	old := *t
	x := old[len(old)-1]
	*t = old[:len(old)-1]
	return x
}

// start starts a timer of so many ms.
func (h *Host) start(c *conn, length int64) {
	h.seq++
	c.timer = &timer{seq: h.seq, conn: c}
	c.length = length
	if c.state == orphan { // mini-sockets end before orphans ask for their places
		c.timer.rank = [3]int64{1, length, c.linger2}
	}
	now, delta := h.jiffy(h.ms()), max(1, length*h.HZ/1000)
	switch {
	case h.Kernel.Timer == twin.RoundedTimer:
		grain := int64(1)
		for limit := int64(63); delta >= limit; limit *= 8 {
			grain *= 8
		}
		c.timer.due = h.jiffyTime(((now+delta)/grain + 1) * grain)
	case h.Kernel.Timer == twin.Slots && c.state != orphan && h.wheel(c, length, delta):
		return
	default:
		c.timer.due = h.jiffyTime(now + delta + 1)
	}
	heap.Push(&h.timers, c.timer)
}

// wheel is inet_twsk_schedule. It reports whether the wheel took the timer; if
// not, delta may have become that of the calendar.
func (h *Host) wheel(c *conn, length, delta int64) bool {
	period := 60 * h.HZ / 8
	if h.Minis == 0 {
		h.tick = h.jiffy(h.ms()) + period
	}
	tick := map[int64]uint{100: 4, 250: 5, 300: 6, 1000: 7}[h.HZ]
	if n := (delta + 1<<tick - 1) >> tick; n < 32 {
		c.timer.due = h.jiffyTime(h.jiffy(h.ms()) + n<<tick + 1)
		heap.Push(&h.timers, c.timer)
		return true
	}
	ahead := min(7, int((delta+period-1)/period))
	if length >= 60_000 {
		ahead = 7
	}
	at := (h.hand + ahead) % 8
	c.timer.index = -1
	h.slots[at] = append(h.slots[at], c.timer)
	return true
}

// hangman is inet_twdr_hangman.
func (h *Host) hangman() {
	now := h.tick
	h.tick = 0
	if h.Minis == 0 {
		return
	}
	killed := 0
	for _, t := range h.slots[h.hand] {
		if t.conn.timer == t { // not stopped meanwhile
			h.expire(t.conn)
			killed++
		}
	}
	h.slots[h.hand] = nil
	if killed <= 100 {
		h.hand = (h.hand + 1) % 8
	}
	if killed > 100 || h.Minis > 0 {
		h.tick = now + 60*h.HZ/8
	}
}

func (h *Host) expire(c *conn) {
	switch {
	case c.state == orphan:
		if rest := h.finTime(c.linger2) - 60_000; rest > 0 {
			h.linger(c, finWait2, max(rest, 700))
		} else {
			h.remove(c)
		}
		return
	case !h.Kernel.CountsEnds:
	case h.Kernel.Timer == twin.Slots && c.timer.index < 0, h.Kernel.Timer != twin.Slots && c.length > 4000:
		h.Counters.TW++
	default:
		h.Counters.TWKilled++
	}
	h.Minis--
	h.remove(c)
}

// stop ends a mini-socket or its timer before its time.
func (h *Host) stop(c *conn) {
	if c.timer.index >= 0 {
		heap.Remove(&h.timers, c.timer.index)
	}
	c.timer = nil
	if c.state != orphan {
		h.Minis--
	}
}

// linger makes a mini-socket.
func (h *Host) linger(c *conn, s state, length int64) {
	if h.Limit >= 0 && int64(h.Minis) >= h.Limit {
		h.Counters.TCPTimeWaitOverflow++
		h.remove(c)
		return
	}
	c.state, c.entered = s, h.ms()
	h.start(c, length)
	h.Minis++
	switch {
	case h.Kernel.CountsEnds:
	case length > 4000:
		h.Counters.TW++
	default:
		h.Counters.TWKilled++
	}
}

func (h *Host) finTime(linger2 int64) int64 {
	f := linger2
	if f == 0 {
		f = h.FinTimeout * 1000
	}
	return max(f, 700)
}

func (h *Host) abandon(c *conn, linger2 int64) {
	c.linger2 = min(linger2, 120_000)
	f := h.finTime(c.linger2)
	if f > 60_000 {
		c.state = orphan
		h.start(c, f-60_000)
		return
	}
	h.linger(c, finWait2, f)
}

// Kill ends a mini-socket; false if it is none.
func (h *Host) Kill(group int, port uint16) bool {
	c := h.groups[group].conns[port]
	if c == nil || c.state < finWait2 {
		return false
	}
	h.stop(c)
	h.remove(c)
	h.unstick()
	return true
}

// FromPeer is the peer's FIN for an orphan or a mini-socket in FIN_WAIT2; false
// if it is neither.
func (h *Host) FromPeer(group int, port uint16) bool {
	c := h.groups[group].conns[port]
	switch {
	case c == nil || c.state == live || c.state == timeWait:
		return false
	case c.state == orphan:
		h.stop(c)
		h.linger(c, timeWait, 60_000)
	default:
		h.stop(c)
		c.state, c.entered = timeWait, h.ms()
		h.start(c, 60_000)
		h.Minis++
	}
	return true
}
