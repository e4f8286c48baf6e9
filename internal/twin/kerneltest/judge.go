package kerneltest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Score says how the numbers of a kind were foretold.
type Score struct {
	Exact  int // all twins say the same, and so does the kernel
	Open   int // the plan does not decide it; the kernel is within what twins say
	Random int // twins of other seeds say other numbers: compared as a distribution
	Wrong  int
	// Places are where the kernel's random numbers are among those of the twins,
	// from 0 to 1: evenly spread, if both come from one distribution.
	Places []float64
}

func (s *Score) add(o Score) {
	s.Exact += o.Exact
	s.Open += o.Open
	s.Random += o.Random
	s.Wrong += o.Wrong
	s.Places = append(s.Places, o.Places...)
}

// Prediction is how well free twins foretold a case.
type Prediction struct {
	Failures, Halves, Successes Score
	Timed                       int     // first failures whose time was compared
	TimeError                   float64 // the worst relative error of it
	Minutes                     int     // spans of a minute whose mean population was compared
	MinuteError                 float64 // the worst relative error of that
	Looks                       int     // instants at which it was compared
	LookError                   int     // the worst error of that, in sockets
	Lateness                    time.Duration
	Wrong                       []string // what was foretold wrongly
}

// Foretellable reports whether a case's numbers follow from its plan. Those of
// Binders follow from which ports were chosen; and in Halves a peer that still
// has the old connection makes connect() take longer than a twin thinks.
func (c *Case) Foretellable() bool { return c.Family != Binders && c.Family != Halves }

// prophets are the twins that are asked about a case.
type prophets struct {
	c            *Case
	t            *Transcript
	plain, moved []*Transcript
	informed     []*Transcript // as many as plain; see inform
	places       *rand.Rand
}

// ask asks twins of several seeds, and such whose delay and timers are off by as
// much as the kernel was late, or that know when calls were really made: where
// all agree, the plan decides, and the kernel must do the same. A walk over a range of odd size leaves a port out at random.
func ask(c *Case, t *Transcript) (*prophets, error) {
	seeds := uint64(9)
	if c.Size()&1 == 1 {
		seeds = 40
	}
	p := &prophets{c: c, t: t, places: rand.New(rand.NewPCG(c.Seed, uint64(c.Number)))}
	var err error
	hear := func(to *[]*Transcript, w tweak) {
		said, e := foretell(c, t.Clock, w)
		*to = append(*to, said)
		if e != nil {
			err = e
		}
	}
	for seed := range seeds {
		hear(&p.plain, tweak{seed: seed + 1})
	}
	off := max(lateCase, t.Lateness(c))
	for i, w := range []tweak{{delay: off}, {delay: -off}, {phase: off}, {phase: -off}, {really: t}} {
		for again := range 2 {
			w.seed = uint64(100 + 2*i + again)
			hear(&p.moved, w)
		}
	}
	return p, err
}

// inform returns twins that know when calls were really made: what is random must
// not be judged by how late the machine was.
func (p *prophets) inform() ([]*Transcript, error) {
	for seed := len(p.informed); seed < len(p.plain); seed++ {
		said, err := foretell(p.c, p.t.Clock, tweak{seed: uint64(1000 + seed), really: p.t})
		if err != nil {
			return nil, err
		}
		p.informed = append(p.informed, said)
	}
	return p.informed, nil
}

// Judge compares a transcript of the kernel with predictions.
func Judge(c *Case, t *Transcript) (Prediction, error) {
	p := Prediction{Lateness: t.Lateness(c)}
	if !c.Foretellable() || c.Family == Churn && !t.Clock.Release.AtLeast(6, 14) {
		return p, nil // before 6.14 tcp_tw_reuse counts in seconds, and nobody knows their beginning
	}
	twins, err := ask(c, t)
	if err != nil {
		return p, err
	}
	if err := p.groups(twins); err != nil {
		return p, err
	}
	if c.Family == Minute {
		p.population(c, t, append(twins.plain, twins.moved...))
	}
	return p, nil
}

// numbers returns one number of one group, as each of some twins says it.
func (p *prophets) numbers(of func(*Group) int, g int, said []*Transcript) (n []int) {
	for _, s := range said {
		n = append(n, of(&Measure(p.c, s)[g]))
	}
	return n
}

func (p *Prediction) groups(twins *prophets) error {
	c := twins.c
	for g, really := range Measure(c, twins.t) {
		sharp := false
		for _, k := range []struct {
			what string
			to   *Score
			of   func(*Group) int
		}{
			{"connections that succeed", &p.Successes, func(g *Group) int { return g.Succeeded }},
			{"the first one with a port of the second parity", &p.Halves, func(g *Group) int { return g.FirstSecond }},
			{"the first one that fails", &p.Failures, func(g *Group) int { return g.FirstFailure }},
		} {
			n, said := k.of(&really), twins.numbers(k.of, g, twins.plain)
			if slices.Min(said) != slices.Max(said) {
				informed, err := twins.inform()
				if err != nil {
					return err
				}
				k.to.place(n, twins.numbers(k.of, g, informed), twins.places)
				sharp = false
				continue
			}
			var ok bool
			if sharp, ok = k.to.count(n, append(twins.numbers(k.of, g, twins.moved), said[0])); !ok {
				p.Wrong = append(p.Wrong, fmt.Sprintf("source %d, target %d: %s: foretold %d, really %d", g/c.Targets, g%c.Targets, k.what, said[0], n))
			}
		}
		if sharp && really.FirstFailure > 0 && (c.Family == Churn || c.Family == Minute) {
			p.failedAt(Measure(c, twins.plain[0])[g].FailedAt, really.FailedAt)
		}
	}
	return nil
}

// place notes where a random number is among those of twins.
func (s *Score) place(n int, said []int, places *rand.Rand) {
	s.Random++
	below, equal := 0, 0
	for _, x := range said {
		if x < n {
			below++
		} else if x == n {
			equal++
		}
	}
	s.Places = append(s.Places, (float64(below)+places.Float64()*float64(equal+1))/float64(len(said)+1))
}

// count scores a number that is not random. It reports whether the prediction was
// exact, and whether it was not wrong.
func (s *Score) count(n int, said []int) (sharp, ok bool) {
	switch low, high := slices.Min(said), slices.Max(said); {
	case n < low || n > high:
		s.Wrong++
	case low == high:
		s.Exact++
		return true, true
	default:
		s.Open++
		return false, true
	}
	return false, false
}

// failedAt compares when the first connection failed. In the first second the
// machine itself is not more exact than that.
func (p *Prediction) failedAt(said, really time.Duration) {
	off := math.Abs(float64(really - said))
	p.Timed++
	e := off / float64(said)
	if off <= float64(p.Lateness) && e > failureTime {
		return
	}
	p.TimeError = max(p.TimeError, e)
	if e > failureTime {
		p.Wrong = append(p.Wrong, fmt.Sprintf("the first failure was foretold at %v, and came at %v", said, really))
	}
}

// population compares how many mini-sockets there are. Where twins disagree, as
// the plan does not decide it, the nearest counts.
func (p *Prediction) population(c *Case, t *Transcript, said []*Transcript) {
	really, now := minuteMeans(c, t), looks(c, t)
	means, then := make([][]float64, len(said)), make([][]int, len(said))
	for i, s := range said {
		means[i], then[i] = minuteMeans(c, s), looks(c, s)
	}
	for i, n := range really {
		low, high := math.Inf(1), math.Inf(-1)
		for _, m := range means {
			low, high = min(low, m[i]), max(high, m[i])
		}
		off := max(0, low-n, n-high)
		if high-low <= minuteShare*n {
			off = math.Abs(means[0][i] - n)
		}
		p.Minutes++
		p.MinuteError = max(p.MinuteError, off/max(1, n))
	}
	if p.MinuteError > minuteShare {
		p.Wrong = append(p.Wrong, fmt.Sprintf("the mean population over a minute is off by %.2f %%", 100*p.MinuteError))
	}
	for i, n := range now {
		off := math.MaxInt
		for _, s := range then {
			off = min(off, max(s[i]-n, n-s[i]))
		}
		p.Looks++
		p.LookError = max(p.LookError, off)
	}
}
