package play

import (
	"context"
	"time"

	"github.com/linger-dev/linger/internal/twin/play/outcome"
)

const (
	// saveEvery is how far evidence is apart, beside that after each step.
	saveEvery = time.Second
	// sampleEvery is how far samples are apart, at least.
	sampleEvery = 40 * time.Millisecond
	samplesMost = 4000
	// paceEvery is how often simulated time is compared with that of the world.
	paceEvery = 20 * time.Millisecond
)

// pass lets time pass until then, and keeps evidence and pace on the way.
func (w *world) pass(ctx context.Context, t time.Duration) error {
	for w.now < t {
		until := t
		if w.options.Save != nil {
			until = min(until, w.saved+saveEvery)
		}
		if w.options.Pace != nil {
			until = min(until, w.now+paceEvery)
		}
		if err := w.run(ctx, until); err != nil {
			return err
		}
		if err := w.onTheWay(); err != nil {
			return err
		}
	}
	if err := w.run(ctx, t); err != nil {
		return err
	}
	w.sample()
	return nil
}

// sample counts the sockets of all hosts, if the last time was long ago.
func (w *world) sample() {
	n := len(w.samples)
	if n > 0 && w.now < w.samples[n-1].At+sampleEvery || n == samplesMost {
		return
	}
	s := outcome.Sample{At: w.now}
	for _, h := range w.order {
		s.Minis += h.kernel().Minis()
		s.Live += len(h.ends)
	}
	w.samples = append(w.samples, s)
}

// onTheWay does what is due between two events.
func (w *world) onTheWay() error {
	if w.options.Pace != nil {
		w.options.Pace(w.now)
	}
	if w.options.Save != nil && w.now >= w.saved+saveEvery {
		return w.keep()
	}
	return nil
}

// step does the next event; steps that wait for one call it.
func (w *world) step(until time.Duration) {
	w.next(until)
	if w.options.Pace != nil {
		w.options.Pace(w.now)
	}
}

// keep saves the evidence of now.
func (w *world) keep() error {
	if w.options.Save == nil {
		return nil
	}
	w.saved = w.now
	return w.options.Save(w.snapshot())
}

// close ends what runs.
func (w *world) close() {
	for _, p := range w.programs {
		for _, t := range p.inOrder() {
			t.end()
		}
	}
}
