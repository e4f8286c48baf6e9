package lab

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/tcp"
)

// watched is how many connections of a host the timeline follows.
const watched = 64

// Looks for the timeline: often just after something was done.
const (
	briskFor  = time.Second
	brisk     = 10 * time.Millisecond
	leisurely = 200 * time.Millisecond
)

// watcher follows the states of all connections for a timeline.
type watcher struct {
	stage *stage
	over  context.CancelFunc
	done  sync.WaitGroup

	mu   sync.Mutex // guards the rest
	line evidence.Timeline
	open map[place]evidence.Stay // the states that have not ended
	busy time.Time               // when a step began last
}

// place is one end of a connection.
type place struct {
	host  string
	tuple tcp.FourTuple
}

// watch begins to look at the kernels, if a timeline is wanted.
func (s *stage) watch() {
	w := s.watcher
	if w == nil {
		return
	}
	ctx, over := context.WithCancel(context.Background())
	w.over, w.busy = over, time.Now()
	for name, h := range s.hosts {
		w.done.Go(func() {
			for w.look(ctx, name, h) == nil && sleep(ctx, w.pause()) == nil {
			}
		})
	}
}

// newWatcher returns a watcher that looks at nothing yet, but takes what raw
// peers tell.
func newWatcher(s *stage, p *scenario.Play) *watcher {
	w := &watcher{stage: s, open: map[place]evidence.Stay{}}
	for _, h := range p.Hosts {
		w.line.Hosts = append(w.line.Hosts, h.Name)
	}
	return w
}

func (w *watcher) pause() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Since(w.busy) < briskFor {
		return brisk
	}
	return leisurely
}

// look compares the sockets of a host with those of the look before.
func (w *watcher) look(ctx context.Context, name string, h *kernelHost) error {
	now := map[place]tcp.State{}
	skipped := 0
	err := h.sockets(ctx, tcp.AllStates&^tcp.States(tcp.Listen, tcp.Close), func(s *evidence.Socket) {
		if len(now) >= watched {
			skipped++
			return
		}
		tuple := tcp.FourTuple{
			Src: netip.AddrPortFrom(s.Src.Netip(), s.SrcPort),
			Dst: netip.AddrPortFrom(s.Dst.Netip(), s.DstPort),
		}
		now[place{name, tuple}] = s.State
	})
	if err != nil {
		return err
	}
	at := time.Since(w.stage.start)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.line.Dropped.States = max(w.line.Dropped.States, skipped)
	for where := range w.open {
		if _, still := now[where]; where.host == name && !still {
			w.become(where, tcp.Close, at)
		}
	}
	for where, state := range now {
		w.become(where, state, at)
	}
	return nil
}

// become notes the state of one end of a connection. mu is held.
func (w *watcher) become(where place, state tcp.State, at time.Duration) {
	was, known := w.open[where]
	if known && was.State == state {
		return
	}
	if known {
		was.Until, was.Open = at, false
		w.line.AddState(was)
		delete(w.open, where)
	}
	if state != tcp.Close && state != tcp.Listen && state != 0 {
		w.open[where] = evidence.Stay{Host: where.host, Tuple: where.tuple, State: state, From: at, Open: true}
	}
}

// changed is told by a raw peer.
func (w *watcher) changed(host string) func(time.Time, tcp.FourTuple, tcp.State, tcp.State) {
	return func(at time.Time, tuple tcp.FourTuple, _, to tcp.State) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.become(place{host, tuple}, to, at.Sub(w.stage.start))
	}
}

// remark notes what a step did that began at a moment, and looks at what
// became of it.
func (s *stage) remark(ctx context.Context, began time.Time, step scenario.Step, got string) {
	w := s.watcher
	if w == nil {
		return
	}
	w.note(began, step, got)
	for name, h := range s.hosts {
		_ = w.look(ctx, name, h) // the watcher itself will meet the error again
	}
}

func (w *watcher) note(began time.Time, step scenario.Step, got string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = time.Now()
	if host, text := w.stage.deed(step.Action, got); text != "" {
		w.line.AddNote(evidence.Remark{At: began.Sub(w.stage.start), Host: host, Text: text})
	}
}

// deed says in a few words what a step does, and where.
func (s *stage) deed(a scenario.Action, got string) (host, text string) {
	switch a := a.(type) {
	case scenario.Call:
		text = string(a.Call) + "()"
		if a.Fails != "" {
			text += " " + got
		}
		return s.programs[a.Socket.Program].spec.On, text
	case scenario.Control:
		return s.programs[a.Program].spec.On, string(a.Do) + " " + a.Program
	case scenario.Fork:
		return s.programs[a.Program].spec.On, "fork()"
	case scenario.Mute:
		if a.Off {
			return a.Host, "unmuted"
		}
		return a.Host, "muted"
	}
	return "", ""
}

// stop ends watching.
func (w *watcher) stop() {
	if w.over != nil {
		w.over()
		w.done.Wait()
	}
}

// timeline returns all that was seen, with the segments of all links.
func (w *watcher) timeline() (*evidence.Timeline, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	line := w.line
	line.States = append([]evidence.Stay(nil), w.line.States...)
	for _, stay := range w.open {
		line.AddState(stay)
	}
	for _, l := range w.stage.links {
		passed, dropped, err := l.passages(w.stage.start)
		if err != nil {
			return nil, err
		}
		line.Dropped.Segments += dropped
		for _, p := range passed {
			line.AddSegment(p)
		}
	}
	line.End = max(line.End, time.Since(w.stage.start))
	line.Sort()
	return &line, nil
}

// stateAt returns the state of an end at a moment, as the last look saw it, or
// that it was not seen yet and what was seen next; "" if there is nothing.
func stateAt(line *evidence.Timeline, where place, at time.Duration) string {
	for _, s := range line.States { // in the order of time
		switch {
		case s.Host != where.host || s.Tuple != where.tuple || !s.Open && at >= s.Until:
		case at < s.From:
			return "not seen yet, then " + s.State.String()
		default:
			return s.State.String()
		}
	}
	return ""
}
