package play

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/tcp"
)

const (
	defaultWithin = 2 * time.Second // of an expectation
	// Looks are this far apart, as those of the laboratory are.
	eager   = 4 * time.Millisecond
	patient = 40 * time.Millisecond
)

// sight is what one look gave.
type sight struct {
	words []string
	wrong bool
}

func (f *sight) add(holds bool, format string, args ...any) {
	f.words = append(f.words, fmt.Sprintf(format, args...))
	f.wrong = f.wrong || !holds
}

func (f *sight) String() string { return strings.Join(f.words, ", ") }

// expect lets time pass until an expectation holds, as long as it must, or its
// time is over.
func (s *stage) expect(e *scenario.Expect) (string, error) {
	switch {
	case e.After != nil:
		return s.expectMoment(e)
	case e.For == 0:
		return s.become(e, cmp.Or(e.Within, defaultWithin))
	case e.Within > 0:
		if got, err := s.become(e, e.Within); err != nil {
			return got, err
		}
	}
	return s.throughout(e)
}

func (s *stage) become(e *scenario.Expect, within time.Duration) (string, error) {
	pause := eager
	for deadline := s.now + within; ; {
		late := s.now >= deadline
		switch now := s.look(e); {
		case !now.wrong:
			return now.String(), nil
		case late:
			return now.String() + fmt.Sprintf(" after %v", within), errRefuted
		}
		if err := s.until(s.ctx, min(deadline, s.now+pause)); err != nil {
			return "", err
		}
		pause = min(2*pause, patient)
	}
}

func (s *stage) throughout(e *scenario.Expect) (string, error) {
	for began := s.now; ; {
		over := s.now-began >= e.For
		switch now := s.look(e); {
		case now.wrong:
			return now.String() + fmt.Sprintf(" after %v", (s.now-began).Round(time.Millisecond)), errRefuted
		case over:
			return now.String(), nil
		}
		if err := s.until(s.ctx, min(began+e.For, s.now+patient)); err != nil {
			return "", err
		}
	}
}

// expectMoment finds when it begins to hold, exact to a look.
func (s *stage) expectMoment(e *scenario.Expect) (string, error) {
	since := s.marks[e.Since]
	for {
		now, at := s.look(e), s.now-since
		when := fmt.Sprintf("%s after %.2f s", now.String(), at.Seconds())
		switch {
		case !now.wrong && at < e.After.Low, now.wrong && at > e.After.High:
			return when, errRefuted
		case !now.wrong:
			return when, nil
		}
		if err := s.until(s.ctx, s.now+eager); err != nil {
			return "", err
		}
	}
}

// look looks at what an expectation is about.
func (s *stage) look(e *scenario.Expect) (f sight) {
	switch {
	case e.Host != "":
		s.lookAtHost(e, s.hosts[e.Host], &f)
	case e.Program != "":
		s.programs[e.Program].look(e, &f)
	default:
		s.lookAtSocket(e, &f)
	}
	return f
}

func (s *stage) lookAtHost(e *scenario.Expect, h *host, f *sight) {
	if e.States != nil || e.TimeLeft != nil {
		c := h.count(e.Port)
		for _, want := range e.States {
			f.add(want.Range.Has(c.byState[want.State]), "%s %d", strings.ToLower(want.State.String()), c.byState[want.State])
		}
		if e.TimeLeft != nil && c.timeWait == 0 {
			f.add(false, "no TIME_WAIT")
		} else if e.TimeLeft != nil {
			f.add(c.left.Low >= e.TimeLeft.Low && c.left.High <= e.TimeLeft.High, "time left %s", span(c.left))
		}
	}
	for _, want := range e.Counters {
		n := h.counter(want.Name)
		f.add(want.Range.Has(n), "%s +%d", want.Name, n)
	}
}

// span prints a range of times left, or one time if they are close.
func span(r scenario.DurationRange) string {
	if r.High-r.Low < 10*time.Millisecond {
		return fmt.Sprintf("%.2f s", r.High.Seconds())
	}
	return fmt.Sprintf("%.2f to %.2f s", r.Low.Seconds(), r.High.Seconds())
}

// counter is one of the counters that check lets through.
func (h *host) counter(name string) int64 {
	switch name {
	case "ListenOverflows":
		return h.overflows
	case "ListenDrops":
		return h.drops
	}
	c := h.kernel().Counters()
	return int64(map[string]uint64{
		"TW": c.TW, "TWKilled": c.TWKilled, "TWRecycled": c.TWRecycled, "TCPTimeWaitOverflow": c.TCPTimeWaitOverflow,
		"ActiveOpens": c.ActiveOpens, "PassiveOpens": c.PassiveOpens,
	}[name])
}

func (p *program) look(e *scenario.Expect, f *sight) {
	for _, want := range e.Counts {
		n := p.counts.named(want.Name)
		f.add(want.Range.Has(n), "%s %d", want.Name, n)
	}
	if e.FailedNo != nil || e.FailedAt != nil {
		c := &p.counts
		if c.failures == 0 {
			f.add(false, "no failure")
		} else {
			f.add((e.FailedNo == nil || e.FailedNo.Has(c.failedNo)) && (e.FailedAt == nil || c.failedAt >= e.FailedAt.Low && c.failedAt <= e.FailedAt.High),
				"first failure after %d connections and %.3g s", c.failedNo, c.failedAt.Seconds())
		}
	}
	if e.Sockets != nil {
		n := int64(len(p.socks) + len(p.held))
		if p.listen != nil {
			n++
		}
		f.add(e.Sockets.Has(n), "%d sockets held", n)
	}
}

func (s *stage) lookAtSocket(e *scenario.Expect, f *sight) {
	sock := s.programs[e.Socket.Program].named(e.Socket.Name)
	state, port := tcp.Close, uint16(0)
	if sock != nil {
		state, port = sock.stateOf(), sock.port
	}
	if e.State != 0 {
		word := state.String()
		if state == tcp.Close {
			word = "CLOSED"
		}
		f.add(state == e.State, "%s", word)
	}
	if want := e.Local; want.Parity != "" || want.Range != nil {
		f.add(fits(want, port), "port %d", port)
	}
}
