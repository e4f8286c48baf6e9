package kerneltest

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Outcome is all that came of one case.
type Outcome struct {
	Case       *Case
	Transcript *Transcript
	Verdict    Verdict
	Prediction Prediction
	Slope      Slope // of the family Cliff
}

// Result is what came of a run.
type Result struct {
	Options  Options
	Clock    Clock
	Took     time.Duration
	Outcomes []Outcome
	Tests    []Test
}

// Run carries cases out on the kernel, as many at a time as is good, and
// compares them with the twin afterwards, so that this does not disturb those
// that still run. Progress, which may be nil, is told what is done.
func (m *Machine) Run(o Options, progress func(done, all int)) (*Result, error) {
	o.Kernel = m.Clock().Release
	began := time.Now()
	cases := Draw(o)
	transcripts, err := m.playAll(cases, progress)
	if err != nil {
		return nil, err
	}
	r := &Result{Options: o, Clock: m.Clock(), Outcomes: make([]Outcome, len(cases))}
	errs := make([]error, len(cases))
	var wg sync.WaitGroup
	work := make(chan int)
	for range runtime.NumCPU() {
		wg.Go(func() {
			for i := range work {
				r.Outcomes[i], errs[i] = assess(cases[i], transcripts[i])
			}
		})
	}
	for i := range cases {
		work <- i
	}
	close(work)
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	r.Tests, err = r.compareChoices()
	r.Took = time.Since(began)
	return r, err
}

// assess compares one case.
func assess(c *Case, t *Transcript) (o Outcome, err error) {
	o = Outcome{Case: c, Transcript: t}
	if o.Verdict, err = Follow(c, t); err != nil {
		return o, fmt.Errorf("follow %v: %w", c, err)
	}
	if o.Prediction, err = Judge(c, t); err != nil {
		return o, fmt.Errorf("foretell %v: %w", c, err)
	}
	if c.Family == Cliff {
		said, err := Foretell(c, t.Clock, 1)
		if err != nil {
			return o, fmt.Errorf("foretell %v: %w", c, err)
		}
		o.Slope = climb(c, t, said)
		if off := o.Slope.Measured - o.Slope.Foretold; max(off, -off) > cliffWidth {
			o.Prediction.Wrong = append(o.Prediction.Wrong, fmt.Sprintf("connect() becomes slow at connection %d, foretold %d", o.Slope.Measured, o.Slope.Foretold))
		}
	}
	return o, nil
}

// seeds is how many twins of each case are asked for their random choices.
const seeds = 4

func (r *Result) compareChoices() ([]Test, error) {
	var kernel, twin Choices
	var recycled []float64
	var all Prediction
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		kernel.collect(o.Case, o.Transcript)
		all.Successes.add(o.Prediction.Successes)
		all.Failures.add(o.Prediction.Failures)
		all.Halves.add(o.Prediction.Halves)
		mean := 0.0
		for seed := range uint64(seeds) {
			w := tweak{seed: o.Case.Seed<<20 + uint64(o.Case.Number)<<8 + seed + 100, really: o.Transcript}
			said, err := foretell(o.Case, o.Transcript.Clock, w)
			if err != nil {
				return nil, err
			}
			twin.collect(o.Case, said)
			mean += float64(said.Counters.TWRecycled) / seeds
		}
		if o.Case.Family == Churn {
			recycled = append(recycled, float64(o.Transcript.Counters.TWRecycled)-mean)
		}
	}
	return compareChoices(&kernel, &twin, recycled, &all), nil
}

// most is how many cases run at the same time, but for those of the family
// Minute, which hardly do anything.
const most = 6

// playAll carries all cases out. The longest begin first; those that measure
// the time of single calls come last, one at a time.
func (m *Machine) playAll(cases []*Case, progress func(done, all int)) ([]*Transcript, error) {
	order := slices.Clone(cases)
	slices.SortStableFunc(order, func(a, b *Case) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.Length(), a.Length()))
	})
	q := queue{room: m.room(), all: len(cases), progress: progress}
	q.changed.L = &q.mu
	place := make(map[*Case]int)
	for i, c := range cases {
		place[c] = i
	}
	out, errs := make([]*Transcript, len(cases)), make([]error, len(cases))
	var wg sync.WaitGroup
	for _, c := range order {
		q.enter(c)
		wg.Go(func() {
			defer q.leave(c)
			out[place[c]], errs[place[c]] = m.playInTime(c)
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// tries is how often a case is carried out at most.
const tries = 3

// playInTime carries a case with a rate out again if the machine was so late that
// it says little about a prediction, whatever came of it; and one of the family
// Cliff always, as the shortest time of a call is the one without interruptions.
func (m *Machine) playInTime(c *Case) (*Transcript, error) {
	t, err := m.playOn(c)
	for try := 1; err == nil && try < tries; try++ {
		switch {
		case c.Family == Cliff:
			last := t.Done
			if t, err = m.playOn(c); err == nil {
				for i := range t.Done {
					t.Done[i].Took = min(t.Done[i].Took, last[i].Took)
				}
			}
		case c.Family == Churn && t.Lateness(c) > lateCase:
			t, err = m.playOn(c)
		default:
			return t, nil
		}
	}
	return t, err
}

// playOn carries a case out again if its network was not there: up to a second
// after an interface came up, the kernel makes the routes to own IPv6 addresses
// anew, and for a moment there are none.
func (m *Machine) playOn(c *Case) (t *Transcript, err error) {
	for range tries {
		if t, err = m.Play(c); !errors.Is(err, syscall.ENETUNREACH) {
			break
		}
	}
	return t, err
}

func rank(c *Case) int {
	switch c.Family {
	case Minute:
		return 0
	case Cliff:
		return 2
	}
	return 1
}
