package lab

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/linger-dev/linger/internal/scenario"
)

const (
	defaultWithin = 2 * time.Second        // of an expectation
	defaultAbsent = 500 * time.Millisecond // of one that something does not happen
	// Looks are this far apart: often where a moment is measured, seldom while
	// nothing can happen.
	eager    = 5 * time.Millisecond
	patient  = 40 * time.Millisecond
	sleeping = 250 * time.Millisecond
)

// sight is what one look at something gave.
type sight struct {
	got   string // in words
	holds bool
}

// look looks once.
type look func(ctx context.Context) (sight, error)

// expect watches until the expectation holds, as long as it must, or its time
// is over.
func (s *stage) expect(ctx context.Context, e scenario.Expect) (got string, err error) {
	see := s.eyes(e)
	switch {
	case e.After != nil:
		return s.expectMoment(ctx, e, see)
	case e.For > 0:
		if e.Within > 0 {
			if got, err = until(ctx, e.Within, see); err != nil {
				return got, err
			}
		}
		return throughout(ctx, e.For, see)
	case e.Segment != nil && e.Segment.Times == scenario.Range{}:
		return throughout(ctx, cmp.Or(e.Within, defaultAbsent), see)
	}
	return until(ctx, cmp.Or(e.Within, defaultWithin), see)
}

// errRefuted says that what was got is not what was expected.
var errRefuted = fmt.Errorf("not as expected")

// until looks until it holds.
func until(ctx context.Context, within time.Duration, see look) (string, error) {
	pause := eager
	for deadline := time.Now().Add(within); ; {
		late := time.Now().After(deadline)
		now, err := see(ctx)
		switch {
		case err != nil:
			return "", err
		case now.holds:
			return now.got, nil
		case late:
			return now.got + fmt.Sprintf(" after %v", within), errRefuted
		}
		if err := sleep(ctx, min(pause, time.Until(deadline))); err != nil {
			return "", err
		}
		pause = min(2*pause, patient)
	}
}

// throughout looks for so long; it must hold each time.
func throughout(ctx context.Context, d time.Duration, see look) (string, error) {
	began := time.Now()
	for {
		over := time.Since(began) >= d
		now, err := see(ctx)
		switch {
		case err != nil:
			return "", err
		case !now.holds:
			return now.got + fmt.Sprintf(" after %v", time.Since(began).Round(time.Millisecond)), errRefuted
		case over:
			return now.got, nil
		}
		if err := sleep(ctx, patient); err != nil {
			return "", err
		}
	}
}

// expectMoment measures when it begins to hold: after one look, and at the
// latest by the next.
func (s *stage) expectMoment(ctx context.Context, e scenario.Expect, see look) (string, error) {
	since := s.marks[e.Since]
	for early := time.Duration(0); ; {
		before := time.Since(since)
		now, err := see(ctx)
		late := time.Since(since)
		when := fmt.Sprintf("%s after %.2f to %.2f s", now.got, early.Seconds(), late.Seconds())
		switch {
		case err != nil:
			return "", err
		case now.holds && late < e.After.Low, !now.holds && before > e.After.High:
			return when, errRefuted
		case now.holds:
			return when, nil
		}
		early = before
		pause := eager
		if wait := e.After.Low - late; wait > 2*sleeping {
			pause = sleeping
		} else if e.After.High > 10*time.Second {
			pause = patient / 2
		}
		if err := sleep(ctx, pause); err != nil {
			return "", err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
