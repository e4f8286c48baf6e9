package tui

import (
	"context"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/view"
)

// feed makes the commands: all that takes time or reads anything.
type feed struct {
	ctx context.Context
	opt Options

	mu      sync.Mutex // guards ended and the growing of pending
	ended   bool
	pending sync.WaitGroup // commands that call Options
}

// lookMsg is a look that has been taken, or why it could not be.
type lookMsg struct {
	report view.Report
	err    error
	at     int           // in a recording
	took   time.Duration // what taking and judging it took
}

// momentsMsg is what a recording holds, as far as it can be read.
type momentsMsg struct {
	moments []Moment
	err     error
}

// tickMsg says that it is time for the next look.
type tickMsg struct{}

// Moment is what is kept of every look, so that its neighbours can be drawn.
type Moment struct {
	Taken  time.Time
	Counts evidence.Counts // of all namespaces together
}

// MomentOf takes from a look what a Moment is.
func MomentOf(s *evidence.Snapshot) Moment {
	m := Moment{Taken: s.Taken}
	for i := range s.Namespaces {
		for j := range s.Namespaces[i].Tallies {
			m.Counts.Add(&s.Namespaces[i].Tallies[j].States)
		}
	}
	return m
}

func (f *feed) live() bool { return f.opt.Tape == nil }

// first starts the view.
func (f *feed) first() tea.Cmd {
	if f.live() {
		return f.look()
	}
	return f.seek(0)
}

func (f *feed) look() tea.Cmd {
	return f.command(func() tea.Msg {
		start := time.Now()
		snap, err := f.opt.Look(f.ctx)
		return f.judged(snap, err, 0, start)
	})
}

func (f *feed) seek(n int) tea.Cmd {
	return f.command(func() tea.Msg {
		start := time.Now()
		snap, err := f.opt.Tape.At(f.ctx, n)
		return f.judged(snap, err, n, start)
	})
}

func (f *feed) judged(snap *evidence.Snapshot, err error, at int, start time.Time) tea.Msg {
	msg := lookMsg{err: err, at: at}
	if err == nil {
		msg.report, msg.err = f.opt.Judge(f.ctx, snap)
	}
	msg.took = time.Since(start)
	return msg
}

func (f *feed) moments() tea.Cmd {
	return f.command(func() tea.Msg {
		moments, err := f.opt.Tape.Moments(f.ctx)
		return momentsMsg{moments, err}
	})
}

// shortestRest is what the machine is left alone between two looks, however
// long they take.
const shortestRest = 50 * time.Millisecond

// rest waits until the next look is due.
func (f *feed) rest(took time.Duration) tea.Cmd {
	return tea.Tick(max(f.opt.Every-took, shortestRest, took/4), func(time.Time) tea.Msg { return tickMsg{} })
}

// command makes a command that Run can wait for, and that does nothing once
// Run has ended.
func (f *feed) command(do func() tea.Msg) tea.Cmd {
	return func() tea.Msg {
		f.mu.Lock()
		if f.ended {
			f.mu.Unlock()
			return nil
		}
		f.pending.Add(1)
		f.mu.Unlock()
		defer f.pending.Done()
		return do()
	}
}

// end waits for the commands that are under way.
func (f *feed) end() {
	f.mu.Lock()
	f.ended = true
	f.mu.Unlock()
	f.pending.Wait()
}
