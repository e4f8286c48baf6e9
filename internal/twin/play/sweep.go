package play

import (
	"cmp"
	"context"
	"errors"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/twin/play/outcome"
)

// SweepTraffic plays traffic over one host for each combination of the axes, side by
// side. A fleet in the file is left aside. If ctx ends it returns what came until
// then, with the error of ctx.
func SweepTraffic(ctx context.Context, t *Traffic, axes []outcome.Axis, o Options) (*outcome.Sweep, error) {
	out := &outcome.Sweep{Name: t.Name, Kernel: cmp.Or(o.Kernel, t.Kernel, "6.18"), Seed: o.Seed, Duration: t.Duration, Axes: axes, Cells: cells(axes)}
	err := sweep(ctx, out, t, o, func(ctx context.Context, c *outcome.Cell, t *Traffic, o Options) error {
		r, err := newRun(t, &o, 1000, o.Seed)
		var not *Untestable
		if errors.As(err, &not) {
			c.Why = not.Error()
			return nil
		}
		if err != nil {
			return err
		}
		if err := r.play(ctx); err != nil {
			return err
		}
		d := r.out
		c.Played, c.FirstFailure, c.FirstSlow, c.Tried, c.Failed, c.Most = true, d.FirstFailure, d.FirstSlow, d.Tried, d.Failed, d.Most
		return nil
	})
	return out, err
}

// SweepScenario plays a scenario for each combination of the axes.
func SweepScenario(ctx context.Context, f *scenario.File, axes []outcome.Axis, o Options) (*outcome.Sweep, error) {
	o.Kernel = o.kernelOr()
	out := &outcome.Sweep{Name: f.Name, Kernel: o.Kernel, Seed: o.Seed, Axes: axes, Cells: cells(axes), Scenario: true}
	err := sweep(ctx, out, nil, o, func(ctx context.Context, c *outcome.Cell, _ *Traffic, o Options) error {
		got, err := Scenario(ctx, f, o)
		if err != nil {
			return err
		}
		c.Verdict, c.Why = got.Verdict, got.Why
		c.Played = got.Verdict != claims.NotTestable
		return nil
	})
	return out, err
}

// sweep plays each cell. t is nil for a scenario.
func sweep(ctx context.Context, out *outcome.Sweep, t *Traffic, o Options, one func(context.Context, *outcome.Cell, *Traffic, Options) error) error {
	o.Save, o.Pace, o.Live = nil, nil, nil
	tell := o.Progress
	o.Progress = nil
	all := make([]Options, len(out.Cells))
	traffics := make([]*Traffic, len(out.Cells))
	for i := range out.Cells { // what cannot be varied is known before anything is played
		all[i] = o
		if t != nil {
			traffics[i] = t.clone()
		}
		for j, a := range out.Axes {
			if err := vary(a.Name, out.Cells[i].Values[j], traffics[i], &all[i]); err != nil {
				return err
			}
		}
	}
	err := parallel(ctx, len(all), func(ctx context.Context, i int) error {
		return one(ctx, &out.Cells[i], traffics[i], all[i])
	}, func(n int) {
		if tell != nil {
			tell(Progress{Done: n, All: len(all)})
		}
	})
	out.Stopped = ctx.Err() != nil
	return err
}

// cells are the combinations of the axes; the last one varies fastest.
func cells(axes []outcome.Axis) []outcome.Cell {
	all := []outcome.Cell{{}}
	for _, a := range axes {
		var next []outcome.Cell
		for _, c := range all {
			for _, v := range a.Values {
				next = append(next, outcome.Cell{Values: append(append([]string(nil), c.Values...), v)})
			}
		}
		all = next
	}
	return all
}
