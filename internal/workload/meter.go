package workload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"sync"
	"time"
)

// meter counts and writes events. It is safe for concurrent use.
type meter struct {
	program string
	every   time.Duration // between counts events; 0 for none
	began   time.Time

	mu     sync.Mutex // guards the rest; held while writing, so that lines stay whole
	out    *json.Encoder
	counts Counts
	ports  portSet
	split  *split // nil: none asked for
	err    error  // the first failure to write
}

func newMeter(program string, out io.Writer, every time.Duration) *meter {
	return &meter{
		program: program,
		every:   every,
		began:   time.Now(),
		out:     json.NewEncoder(out),
		counts:  Counts{Errnos: map[string]uint64{}},
	}
}

// emit completes and writes an event. mu must be held.
func (m *meter) emit(e Event) {
	m.measure()
	e.Time, e.Program, e.Counts = time.Now(), m.program, m.counts
	m.write(e)
}

// write writes a line. mu must be held.
func (m *meter) write(line any) {
	if err := m.out.Encode(line); err != nil && m.err == nil {
		m.err = fmt.Errorf("write events: %w", err)
	}
}

// measure computes the medians. mu must be held.
func (m *meter) measure() {
	if m.split == nil {
		return
	}
	m.counts.BeforeUS = float64(m.split.before.median()) / float64(time.Microsecond)
	m.counts.AfterUS = float64(m.split.after.median()) / float64(time.Microsecond)
}

func (m *meter) started(local, remote netip.AddrPort) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.emit(Event{Kind: Started, Local: local, Remote: remote})
}

// count changes the counts.
func (m *meter) count(change func(c *Counts)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(&m.counts)
}

// connected counts a connection from a local port, whose connect(2) took so
// long.
func (m *meter) connected(port uint16, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &m.counts
	c.Opened++
	c.Open++
	if port%2 == 1 {
		c.OddPorts++
	} else {
		c.EvenPorts++
	}
	if m.ports.add(port) {
		c.DistinctPorts++
	}
	if m.split != nil {
		m.split.add(c.Opened, took)
	}
}

// failed counts a failure and returns err.
func (m *meter) failed(err error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	name, c := errnoName(err), &m.counts
	if c.Failures++; c.Failures == 1 {
		c.FailedAfterNS, c.FailedNo = int64(time.Since(m.began)), c.Opened
	}
	c.Errnos[name]++
	if c.Errnos[name] == 1 {
		m.emit(Event{Kind: Failed, Errno: name, Error: err.Error()})
	}
	return err
}

// during runs body while it writes the counts now and then, and after it the
// last event.
func (m *meter) during(ctx context.Context, body func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var ticking sync.WaitGroup
	if m.every > 0 {
		ticking.Go(func() { m.tick(ctx) })
	}
	err := body(ctx)
	cancel()
	ticking.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.emit(Event{Kind: Done})
	return errors.Join(err, m.err)
}

func (m *meter) tick(ctx context.Context) {
	tick := time.NewTicker(m.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			m.mu.Lock()
			m.emit(Event{Kind: Counted})
			m.mu.Unlock()
		}
	}
}

// total returns a copy of the counts.
func (m *meter) total() Counts {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.measure()
	c := m.counts
	c.Errnos = maps.Clone(c.Errnos)
	return c
}
