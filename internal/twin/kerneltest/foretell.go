package kerneltest

import (
	"strconv"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
)

// tweak moves a prediction by what nobody can know beforehand: how late the
// machine is.
type tweak struct {
	seed         uint64
	delay, phase time.Duration
	really       *Transcript // when calls were really made; nil: as planned
}

// at returns when an operation is carried out: a close counts from its end, when
// the last segment went; anything else was decided when it began.
func (t tweak) at(c *Case, i int) time.Duration {
	if t.really == nil || t.really.Done[i].Skipped {
		return c.Ops[i].At
	}
	return t.really.Done[i].counts(c.Ops[i].Kind)
}

// counts returns the time that the outcome of an operation belongs to.
func (d *Done) counts(k Kind) time.Duration {
	if k.needs() == connected || k == PeerCloses {
		return d.Ended
	}
	return d.Began
}

// Foretell carries a case out on a free twin: at the planned times, with ports
// of its own choice.
func Foretell(c *Case, clock Clock, seed uint64) (*Transcript, error) {
	return foretell(c, clock, tweak{seed: seed})
}

func foretell(c *Case, clock Clock, t tweak) (*Transcript, error) {
	if clock.Phase >= 0 {
		grain := clock.Grain(evidence.TimeWaitLen)
		clock.Phase = (clock.Phase + t.phase + grain) % grain
	}
	s, err := newStage(t.shift(c), clock, t.seed)
	if err != nil {
		return nil, err
	}
	out := &Transcript{Clock: clock, Done: make([]Done, len(c.Ops))}
	for i := range s.c.Ops {
		at := t.at(s.c, i)
		s.advance(at)
		out.Done[i] = s.freely(i)
		out.Done[i].Began, out.Done[i].Ended = at, at
	}
	out.Counters = s.counters()
	return out, nil
}

// freely carries out an operation as the twin itself would.
func (s *stage) freely(i int) Done {
	op := &s.c.Ops[i]
	if need := op.Kind.needs(); need != gone && s.made[op.Of].what != need {
		return Done{Skipped: true}
	}
	if op.Kind != Dial {
		return s.apply(i)
	}
	a, err := s.dial(i, evidence.PortRange{})
	return Done{Errno: errnoOf(err), Port: a.Port, Visited: a.Visited}
}

func (s *stage) counters() Counters {
	c := s.h.Counters()
	return Counters{TW: c.TW, TWKilled: c.TWKilled, TWRecycled: c.TWRecycled, TCPTimeWaitOverflow: c.TCPTimeWaitOverflow}
}

const (
	reuseDelay = "net.ipv4.tcp_tw_reuse_delay"
	delayMost  = 60_000 // the greatest value of tcp_tw_reuse_delay, in ms
)

// shift returns the case with another tcp_tw_reuse_delay.
func (t tweak) shift(c *Case) *Case {
	if t.delay == 0 {
		return c
	}
	moved := *c
	moved.Settings = append([]Setting(nil), c.Settings...)
	moved.Ops = append([]Op(nil), c.Ops...)
	shift := func(s *Setting) {
		if s.Key != reuseDelay {
			return
		}
		if ms, err := strconv.Atoi(s.Value); err == nil {
			s.Value = strconv.Itoa(min(delayMost, max(1, ms+int(t.delay.Milliseconds()))))
		}
	}
	for i := range moved.Settings {
		shift(&moved.Settings[i])
	}
	for i := range moved.Ops {
		shift(&moved.Ops[i].Setting)
	}
	return &moved
}
