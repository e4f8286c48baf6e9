package kerneltest

import (
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/twin"
)

// window is a span of time in which something happens, we do not know when.
type window struct{ from, to time.Duration }

func (w window) meets(o window) bool { return w.from <= o.to && o.from <= w.to }

// mini is a mini-socket, or an orphan that will be one, as the test knows it:
// when its state may change.
type mini struct {
	port    uint16 // of ours
	row     Row    // without its state
	made    window
	changes []window
	reused  bool // it is one that tcp_tw_reuse may take over
	none    bool // it is only the end of a connection that leaves none
}

// shadow remembers the mini-sockets of a transcript, so that an outcome that
// hangs on some milliseconds is not taken for a difference.
type shadow struct {
	clock Clock
	age   twin.AgeKind
	delay time.Duration // tcp_tw_reuse_delay
	minis []*mini
}

// window widens the time of an operation by what is not known about it.
func (d *Done) window() window { return window{d.Began - slack, d.Ended + slack} }

// timeWait adds a mini-socket in TIME_WAIT.
func (s *shadow) timeWait(port uint16, row Row, made window, outbound bool) {
	s.minis = append(s.minis, &mini{port: port, row: row, made: made, changes: []window{made, s.ends(made, evidence.TimeWaitLen)}, reused: outbound})
}

// ripens says when a TIME_WAIT becomes old enough: since 6.14 when it is older
// than the delay, in milliseconds that both round down; before, when one or two
// ticks of a clock of seconds have passed.
func (s *shadow) ripens(made window) window {
	switch s.age {
	case twin.Milliseconds:
		return window{made.from + s.delay, made.to + s.delay + 2*time.Millisecond}
	case twin.OneSecond:
		return window{made.from, made.to + time.Second}
	}
	return window{made.from + time.Second, made.to + 2*time.Second}
}

// ends says when a timer that was started in a window fires: at the first turn
// of the wheel after its length has passed.
func (s *shadow) ends(made window, length time.Duration) window {
	grain := s.clock.Grain(length)
	if s.clock.Phase < 0 {
		return window{made.from + length, made.to + length + grain + late}
	}
	turn := func(at time.Duration) time.Duration {
		return ((at+length+s.clock.Phase)/grain+1)*grain - s.clock.Phase
	}
	return window{turn(made.from) - slack, turn(made.to) + late}
}

// finWait2 adds an orphan whose F is given.
func (s *shadow) finWait2(port uint16, row Row, made window, f time.Duration) {
	made.to += delayedACK
	m := &mini{port: port, row: row, made: made, changes: []window{made}}
	if f > evidence.TimeWaitLen {
		f -= evidence.TimeWaitLen
		made = s.ends(made, f)
		m.changes = append(m.changes, made)
	}
	m.changes = append(m.changes, s.ends(made, max(f, shortest)))
	s.minis = append(s.minis, m)
}

// leaving is a connection that ends without a mini-socket: at once, but for the
// last segment that a busy processor may handle later.
func (s *shadow) leaving(port uint16, row Row, made window) {
	made.to += late
	s.minis = append(s.minis, &mini{port: port, row: row, made: made, changes: []window{made}, none: true})
}

// woken is an orphan in FIN_WAIT2 whose peer closes at last. If its time may just
// have been over, nobody knows what is there from then on.
func (s *shadow) woken(port uint16, row Row, made window, outbound bool) {
	for _, m := range slices.Backward(s.minis) {
		if m.row != row {
			continue
		}
		switch last := m.changes[len(m.changes)-1]; {
		case last.to < made.from:
			return
		case last.meets(made):
			made.to = s.ends(made, evidence.TimeWaitLen).to
			s.minis = append(s.minis, &mini{port: port, row: row, made: made, changes: []window{made}})
			return
		}
		break
	}
	s.timeWait(port, row, made, outbound)
}

// shortest is the least time of a mini-socket: 3.5 times the least RTO.
const shortest = 700 * time.Millisecond

// unsure lists our ports about which something may change at this time, so that
// neither outcome is a difference.
func (s *shadow) unsure(at window) map[uint16]bool {
	ports := make(map[uint16]bool)
	for _, m := range s.minis {
		if s.doubtful(m, at) {
			ports[m.port] = true
		}
	}
	return ports
}

// contested reports whether a new connection may, or may not, take over a
// mini-socket.
func (s *shadow) contested(row Row, at window) bool {
	return slices.ContainsFunc(s.minis, func(m *mini) bool { return m.row == row && !m.none && s.doubtful(m, at) })
}

func (s *shadow) doubtful(m *mini, at window) bool {
	return m.inFlux(at) || m.reused && s.ripens(m.made).meets(at)
}

func (m *mini) inFlux(at window) bool {
	for _, w := range m.changes {
		if w.meets(at) {
			return true
		}
	}
	return false
}

// moving lists the connections that may change their state at this time, and says
// how many mini-sockets there may be more or less.
func (s *shadow) moving(at window) (rows map[Row]bool, minis int) {
	rows = make(map[Row]bool)
	for _, m := range s.minis {
		if m.inFlux(at) {
			rows[m.row] = true
			if !m.none {
				minis++
			}
		}
	}
	return rows, minis
}

// forget drops what ended long before.
func (s *shadow) forget(now time.Duration) {
	kept := s.minis[:0]
	for _, m := range s.minis {
		if m.changes[len(m.changes)-1].to+time.Second > now {
			kept = append(kept, m)
		}
	}
	clear(s.minis[len(kept):])
	s.minis = kept
}
