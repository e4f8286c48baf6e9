package tcp_test

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// fate is what the network does to one segment: a copy arrives after each
// delay, and none means that it is lost.
type fate []time.Duration

// host is one end: a machine with its user. The user writes all it has, reads
// what comes after a while, and closes when it has written; a server does so
// only after the client's end, if it is polite.
type host struct {
	params tcp.Params
	conn   tcp.Conn
	say    []byte // not yet given to the machine
	polite bool   // closes only after the peer
	lazy   bool   // leaves data unread for a while
	vanish bool   // closes by Release, and so does not read to the end
	heard  []byte
	closed bool // CLOSE was called
	// abortAt aborts the connection when so many bytes were heard; 0: never.
	abortAt int
	gone    []tcp.Signal
	life    int // connections that ended
}

// world is two hosts, joined by a network, and the time.
type world struct {
	now    time.Duration
	hosts  [2]*host
	flying []flight // by time; of the same time, as they were sent
	fate   func(from int, seg tcp.Segment) fate
	steps  int
	quota  int // bytes that a user lets be queued; 0: 20000
	log    []string
}

type flight struct {
	at   time.Duration
	to   int
	seg  tcp.Segment
	read int // not a segment: the user of to reads so much
}

func (w *world) step(i int, e tcp.Event) {
	h := w.hosts[i]
	was := h.conn.State
	var out tcp.Output
	h.conn, out = h.params.Step(h.conn, w.now, e)
	if h.conn.State != was {
		w.log = append(w.log, fmt.Sprintf("%v host %d: %s -> %s (%s)", w.now, i, was, h.conn.State, out.Rule))
	}
	h.heard = append(h.heard, out.Data...)
	if n := len(out.Data); n > 0 {
		at := w.now
		if h.lazy {
			at += 300 * time.Millisecond
		}
		w.fly(flight{at: at, to: i, read: n})
	}
	for _, s := range out.Signals {
		h.gone = append(h.gone, s)
		if s == tcp.Closed {
			h.life++
		}
	}
	for _, seg := range out.Segments {
		for _, delay := range w.fate(i, seg) {
			w.fly(flight{at: w.now + delay, to: 1 - i, seg: seg})
		}
	}
	if h.abortAt > 0 && len(h.heard) >= h.abortAt && h.conn.State != tcp.Close {
		h.abortAt = 0
		w.step(i, tcp.Event{Kind: tcp.Abort})
	}
	w.user(i)
}

func (w *world) fly(f flight) {
	i := sort.Search(len(w.flying), func(i int) bool { return w.flying[i].at > f.at })
	w.flying = slices.Insert(w.flying, i, f)
}

// user does what the user of host i can do now.
func (w *world) user(i int) {
	h := w.hosts[i]
	switch h.conn.State {
	case tcp.Established, tcp.CloseWait:
	default:
		return
	}
	if n := min(len(h.say), max(w.quota, 20000)-h.conn.Queued()); n > 0 {
		data := h.say[:n]
		h.say = h.say[n:]
		w.step(i, tcp.Event{Kind: tcp.Send, Data: data})
	}
	if len(h.say) == 0 && !h.closed && (!h.polite || h.conn.State == tcp.CloseWait) {
		h.closed = true
		kind := tcp.CloseCall
		if h.vanish {
			kind = tcp.Release
		}
		w.step(i, tcp.Event{Kind: kind})
	}
}

// run lets things happen in the order of their times until done.
func (w *world) run(done func() bool) error {
	for !done() {
		if w.steps++; w.steps > 200000 {
			return fmt.Errorf("no end after %d events", w.steps)
		}
		if !w.happen() {
			return fmt.Errorf("nothing more can happen: %s, %s", w.hosts[0].conn.State, w.hosts[1].conn.State)
		}
	}
	return nil
}

func (w *world) happen() bool {
	best, who, timer := time.Duration(-1), -1, tcp.Timer(0)
	for i, h := range w.hosts {
		if t, at, ok := h.conn.Next(); ok && (best < 0 || at < best) {
			best, who, timer = at, i, t
		}
	}
	if len(w.flying) > 0 && (best < 0 || w.flying[0].at <= best) {
		f := w.flying[0]
		w.flying = w.flying[1:]
		w.now = f.at
		if f.read > 0 {
			w.step(f.to, tcp.Event{Kind: tcp.Read, N: f.read})
			return true
		}
		w.step(f.to, tcp.Event{Kind: tcp.Arrive, Segment: f.seg})
		return true
	}
	if who < 0 {
		return false
	}
	w.now = best
	w.step(who, tcp.Event{Kind: tcp.Expire, Timer: timer})
	return true
}

// both reports whether both ends are CLOSED.
func (w *world) both() bool {
	return w.hosts[0].conn.State == tcp.Close && w.hosts[1].conn.State == tcp.Close
}

func (h *host) had(s tcp.Signal) bool {
	for _, g := range h.gone {
		if g == s {
			return true
		}
	}
	return false
}

// speech is n bytes in which every place differs from its neighbours, so that
// wrong bytes show.
func speech(who byte, n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%c%07d", who, i)
	}
	return b.Bytes()[:n]
}
