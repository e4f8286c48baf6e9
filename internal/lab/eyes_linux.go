package lab

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/netlab/rawpeer"
	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/tcp"
)

// eyes returns how to look at what an expectation is about.
func (s *stage) eyes(e scenario.Expect) look {
	switch {
	case e.Segment != nil:
		return s.watchWire(e)
	case e.Host != "":
		return s.watchHost(e, s.hosts[e.Host])
	case e.Program != "":
		return s.watchProgram(e, s.programs[e.Program])
	}
	return s.watchSocket(e)
}

// findings collects what a look saw, of several expectations at once.
type findings struct {
	words []string
	wrong bool
}

func (f *findings) add(holds bool, format string, args ...any) {
	f.words = append(f.words, fmt.Sprintf(format, args...))
	f.wrong = f.wrong || !holds
}

func (f *findings) sight() sight {
	return sight{got: strings.Join(f.words, ", "), holds: !f.wrong}
}

func (s *stage) watchHost(e scenario.Expect, h *kernelHost) look {
	return func(ctx context.Context) (sight, error) {
		var f findings
		if e.States != nil || e.TimeLeft != nil || e.Bytes != nil {
			c, err := h.count(ctx, e.Port)
			if err != nil {
				return sight{}, err
			}
			if err := c.compare(e, h, &f); err != nil {
				return sight{}, err
			}
		}
		if e.Counters != nil {
			if err := h.compareCounters(e.Counters, &f); err != nil {
				return sight{}, err
			}
		}
		return f.sight(), nil
	}
}

func (c *census) compare(e scenario.Expect, h *kernelHost, f *findings) error {
	for _, want := range e.States {
		n := c.byState[want.State]
		f.add(want.Range.Has(n), "%s %d", strings.ToLower(want.State.String()), n)
	}
	if e.TimeLeft != nil {
		if c.timeWait == 0 {
			f.add(false, "no TIME_WAIT")
		} else {
			f.add(c.left.Low >= e.TimeLeft.Low && c.left.High <= e.TimeLeft.High, "time left %v", span(c.left))
		}
	}
	if e.Bytes == nil {
		return nil
	}
	now, err := readSlab()
	if err != nil {
		return err
	}
	if c.timeWait == 0 {
		f.add(false, "no TIME_WAIT")
		return nil
	}
	each := (now - h.slab) / c.timeWait
	f.add(e.Bytes.Has(each), "%d bytes for each of %d TIME_WAIT", each, c.timeWait)
	return nil
}

// span prints a range of times left, or one time if they are close.
func span(r scenario.DurationRange) string {
	if r.High-r.Low < 10*time.Millisecond {
		return fmt.Sprintf("%.2f s", r.High.Seconds())
	}
	return fmt.Sprintf("%.2f to %.2f s", r.Low.Seconds(), r.High.Seconds())
}

func (h *kernelHost) compareCounters(wanted []scenario.Count, f *findings) error {
	now, err := h.counters()
	if err != nil {
		return err
	}
	for _, want := range wanted {
		value, known := now.TCP[want.Name]
		if !known {
			return &untestable{why: "this kernel has no counter " + want.Name}
		}
		grown := value - h.start.TCP[want.Name]
		f.add(want.Range.Has(grown), "%s +%d", want.Name, grown)
	}
	return nil
}

func (s *stage) watchSocket(e scenario.Expect) look {
	p := s.programs[e.Socket.Program]
	return func(ctx context.Context) (sight, error) {
		if p.caller == nil {
			return sight{}, fmt.Errorf("%s is not running", e.Socket.Program)
		}
		now, err := p.caller.socket(ctx, e.Socket.Name)
		if err != nil {
			return sight{}, err
		}
		var f findings
		if e.State != 0 {
			f.add(now.state == e.State, "%s", stateName(now.state))
		}
		if e.Ended != "" {
			f.add(now.ended == e.Ended, "ended %q", now.ended)
		}
		if want := e.Local; want.Parity != "" || want.Range != nil {
			f.add(fits(want, now.port), "port %d", now.port)
		}
		return f.sight(), nil
	}
}

// stateName calls the kernel's CLOSE by the RFC's name, as scenarios do.
func stateName(s tcp.State) string {
	if s == tcp.Close {
		return "CLOSED"
	}
	return s.String()
}

// watchWire counts segments since a step.
func (s *stage) watchWire(e scenario.Expect) look {
	since := s.lastAct
	if e.Since != "" {
		since = s.marks[e.Since]
	}
	return func(context.Context) (sight, error) {
		var n int64
		seen, err := s.wire(since)
		if err != nil {
			return sight{}, err
		}
		var others []string
		for _, p := range seen {
			switch {
			case p.From != e.Segment.From:
			case rawpeer.Match(e.Segment.Match).Matches(p.Flags, p.Len):
				n++
			case len(others) < 4 && !slices.Contains(others, p.Flags.String()):
				others = append(others, p.Flags.String())
			}
		}
		got := fmt.Sprintf("%d times", n)
		if n == 0 && others != nil && e.Segment.Times.High > 0 {
			got += " (but " + strings.Join(others, ", ") + ")"
		}
		return sight{got: got, holds: e.Segment.Times.Has(n)}, nil
	}
}
