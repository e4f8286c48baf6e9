package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/twin/play"
	"github.com/linger-dev/linger/internal/twin/play/outcome"
	"github.com/linger-dev/linger/internal/view/chart"
	"github.com/linger-dev/linger/internal/view/json"
	"github.com/linger-dev/linger/internal/view/text"
)

// simulation is one call of linger sim.
type simulation struct {
	*simCmd
	program *program
	options play.Options
}

// answer is what came of it, ready to be shown.
type answer struct {
	text   func(*text.Reporter) error
	json   func(*json.Reporter) error
	figure chart.Figure
	status exitCode
}

// play plays and reports. What came until Ctrl-C is reported too.
func (s *simulation) play(files []*scenario.File, traffic *play.Traffic) (err error) {
	done, err := s.recorder(traffic)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	live := newSimBoard(s)
	a, err := s.run(files, traffic, live)
	live.close()
	if a == nil || err != nil && s.program.ctx.Err() == nil {
		return err
	}
	if err := s.show(a); err != nil {
		return err
	}
	if err != nil {
		return err
	}
	if a.status != exitOK {
		return a.status
	}
	return nil
}

// recorder lets evidence be saved, if it was asked for.
func (s *simulation) recorder(traffic *play.Traffic) (done func() error, err error) {
	if s.Save == "" {
		return func() error { return nil }, nil
	}
	if traffic != nil && traffic.Fleet != nil {
		return nil, errors.New("a fleet is not recorded: take the key \"fleet\" out of the file")
	}
	w, err := evidence.Create(s.Save, "linger "+version())
	if err != nil {
		return nil, err
	}
	s.options.Save = w.Write
	return w.Close, nil
}

// run plays what it is. Only a run over one host has something to tell when it
// was interrupted.
func (s *simulation) run(files []*scenario.File, traffic *play.Traffic, live *simBoard) (*answer, error) {
	ctx, axes := s.program.ctx, s.axes()
	switch {
	case traffic != nil && len(axes) > 0:
		sweep, err := play.SweepTraffic(ctx, traffic, axes, s.options)
		return s.sweep(sweep), err
	case traffic != nil && traffic.Fleet != nil:
		if s.Speed != "" {
			return nil, errors.New("a fleet is not played live: take the key \"fleet\" out of the file")
		}
		fleet, err := play.RunFleet(ctx, traffic, s.options)
		return s.fleet(fleet), err
	case traffic != nil:
		s.options.Live = live.chart
		run, err := play.Run(ctx, traffic, s.options)
		return s.single(run), err
	case len(axes) > 0:
		sweep, err := play.SweepScenario(ctx, files[0], axes, s.options)
		return s.sweep(sweep), err
	}
	return s.claims(files)
}

func (s *simulation) claims(files []*scenario.File) (*answer, error) {
	out := &outcome.Claims{Kernel: s.options.Kernel, HZ: s.options.HZ, Detail: s.Verbose}
	if out.Kernel == "" {
		out.Kernel = "6.18"
	}
	if out.HZ == 0 {
		out.HZ = 250
	}
	for i, f := range files {
		c, err := play.Scenario(s.program.ctx, f, s.options)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		if c.Verdict == claims.NotTestable {
			c.Hint = "linger lab run " + f.Name
			if !s.All {
				c.Hint = "linger lab run " + s.What[i]
			}
		}
		out.Results = append(out.Results, c)
	}
	a := &answer{
		text: func(r *text.Reporter) error { return r.SimClaims(out) },
		json: func(r *json.Reporter) error { return r.SimClaims(out) },
	}
	if len(out.Results) == 1 {
		a.figure = chart.OfClaim(&out.Results[0], language(s.Lang))
	}
	switch {
	case out.Count(claims.NotSo) > 0:
		a.status = exitWarning
	case out.Count(claims.Proved) == 0:
		a.status = exitFailed
	}
	return a, nil
}

func (s *simulation) single(run *outcome.Run) *answer {
	if run == nil {
		return nil
	}
	a := &answer{
		text:   func(r *text.Reporter) error { return r.SimRun(run) },
		json:   func(r *json.Reporter) error { return r.SimRun(run) },
		figure: chart.OfRun(run, language(s.Lang)),
	}
	if run.Failed > 0 {
		a.status = exitWarning
	}
	return a
}

func (s *simulation) fleet(fleet *outcome.Fleet) *answer {
	if fleet == nil || fleet.Played == 0 {
		return nil
	}
	a := &answer{
		text:   func(r *text.Reporter) error { return r.SimFleet(fleet) },
		json:   func(r *json.Reporter) error { return r.SimFleet(fleet) },
		figure: chart.OfFleet(fleet, language(s.Lang)),
	}
	if fleet.Hit > 0 {
		a.status = exitWarning
	}
	return a
}

func (s *simulation) sweep(sweep *outcome.Sweep) *answer {
	if sweep == nil {
		return nil
	}
	return &answer{
		text:   func(r *text.Reporter) error { return r.SimSweep(sweep) },
		json:   func(r *json.Reporter) error { return r.SimSweep(sweep) },
		figure: chart.OfSweep(sweep, language(s.Lang)),
	}
}

// show prints the answer, and writes the picture.
func (s *simulation) show(a *answer) error {
	if s.SVG != "" {
		if err := s.picture(a.figure); err != nil {
			return err
		}
	}
	switch {
	case s.SVG == "-":
		return nil
	case s.JSON:
		return a.json(json.New(s.program.out))
	}
	return a.text(text.New(s.program.out, s.simTextOptions(s.program)))
}

func (s *simulation) picture(f chart.Figure) error {
	if len(f.Panels) == 0 {
		return errors.New("there is nothing to draw: no sockets over time, and no axis of numbers")
	}
	if s.SVG == "-" {
		return chart.SVG(s.program.out, f)
	}
	out, err := os.Create(s.SVG)
	if err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	return errors.Join(chart.SVG(out, f), out.Close())
}
