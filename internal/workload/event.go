package workload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Kind says what an Event tells.
type Kind string

// The kinds of events. Failed comes for the first failure with each errno
// only; the others are in the counts. Done is the last one of a program that
// got as far as Started.
const (
	Started Kind = "started" // Local is bound; the hold client also is connected
	Failed  Kind = "failed"
	Counted Kind = "counts" // each second
	Done    Kind = "done"
)

// Event is one line of a program's output.
type Event struct {
	Time    time.Time      `json:"time"`
	Program string         `json:"program"`
	Kind    Kind           `json:"event"`
	Local   netip.AddrPort `json:"local,omitzero"`
	Remote  netip.AddrPort `json:"remote,omitzero"`
	Errno   string         `json:"errno,omitempty"` // such as "EADDRNOTAVAIL"; "timeout" or "other" where there is none
	Error   string         `json:"error,omitempty"`
	Counts
}

// Counts is what a program did since its start.
type Counts struct {
	Opened   uint64            `json:"opened"`   // connections connected or accepted
	Open     uint64            `json:"open"`     // of these, not closed by this program
	Ended    uint64            `json:"ended"`    // connections whose peer closed, seen by reading
	Answered uint64            `json:"answered"` // requests with their answer
	Failures uint64            `json:"failures"`
	Errnos   map[string]uint64 `json:"errnos,omitempty"` // Failures by Event.Errno
}

// meter counts and writes events. It is safe for concurrent use.
type meter struct {
	program string

	mu     sync.Mutex // guards the rest; held while writing, so that lines stay whole
	out    *json.Encoder
	counts Counts
	err    error // the first failure to write
}

func newMeter(program string, out io.Writer) *meter {
	return &meter{program: program, out: json.NewEncoder(out), counts: Counts{Errnos: map[string]uint64{}}}
}

// emit completes and writes an event. mu must be held.
func (m *meter) emit(e Event) {
	e.Time, e.Program, e.Counts = time.Now(), m.program, m.counts
	if err := m.out.Encode(e); err != nil && m.err == nil {
		m.err = fmt.Errorf("write events: %w", err)
	}
}

func (m *meter) started(local, remote net.Addr) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.emit(Event{Kind: Started, Local: addrPort(local), Remote: addrPort(remote)})
}

// count changes the counts.
func (m *meter) count(change func(c *Counts)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(&m.counts)
}

// failed counts a failure and returns err.
func (m *meter) failed(err error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	name := errnoName(err)
	m.counts.Failures++
	m.counts.Errnos[name]++
	if m.counts.Errnos[name] == 1 {
		m.emit(Event{Kind: Failed, Errno: name, Error: err.Error()})
	}
	return err
}

// during runs body while it writes the counts each second, and then the last
// event.
func (m *meter) during(ctx context.Context, body func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	var ticking sync.WaitGroup
	ticking.Go(func() {
		tick := time.NewTicker(time.Second)
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
	})
	err := body(ctx)
	cancel()
	ticking.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.emit(Event{Kind: Done})
	return errors.Join(err, m.err)
}

// total returns a copy of the counts.
func (m *meter) total() Counts {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.counts
	c.Errnos = maps.Clone(c.Errnos)
	return c
}

func errnoName(err error) string {
	var errno syscall.Errno
	switch {
	case errors.As(err, &errno):
		return unix.ErrnoName(errno)
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	return "other"
}

func addrPort(a net.Addr) netip.AddrPort {
	if t, ok := a.(*net.TCPAddr); ok && t != nil {
		p := t.AddrPort()
		return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
	}
	return netip.AddrPort{}
}
