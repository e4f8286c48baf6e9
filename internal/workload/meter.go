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
	began   time.Time

	mu     sync.Mutex // guards the rest; held while writing, so that lines stay whole
	out    *json.Encoder
	every  time.Duration // at least between counts events, which come as counts change; 0 for none
	due    *time.Timer   // runs while counts have changed and are not written
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
	m.changed()
}

// changed lets the counts be written a little later, unless that is so already.
// A program that only waits writes nothing. mu must be held.
func (m *meter) changed() {
	if m.due != nil || m.every <= 0 {
		return
	}
	m.due = time.AfterFunc(m.every, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.due != nil {
			m.due = nil
			m.emit(Event{Kind: Counted})
		}
	})
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
	m.changed()
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
	m.changed()
	return err
}

// during runs body while it writes the counts now and then as they change, and
// after it the last event.
func (m *meter) during(ctx context.Context, body func(ctx context.Context) error) error {
	err := body(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.due != nil {
		m.due.Stop()
		m.due = nil
	}
	m.every = 0
	m.emit(Event{Kind: Done})
	return errors.Join(err, m.err)
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
