package play

import (
	"context"
	"errors"
	"time"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/twin/play/outcome"
)

const timeWaitLength = evidence.TimeWaitLen

// Options say how something is played.
type Options struct {
	Kernel evidence.Kernel // release; empty: 6.18
	HZ     int             // timer interrupts per second; 0: 250
	Seed   uint64
	Began  time.Time // what the clock of snapshots shows in the beginning; zero: the year 2000
	// Settings are written to every host with a kernel, after its own.
	Settings []scenario.Setting
	// Rate, if not 0, is that of every client of a scenario, in requests per second.
	Rate float64
	// Save is called with the evidence of all hosts, in the order of time; nil: not.
	Save func(*evidence.Snapshot) error
	// Pace is called as simulated time passes, and may take its time; nil: not.
	// A play of several cases begins anew for each.
	Pace func(now time.Duration)
	// Live is called, with what has come of traffic over one host so far, often; it
	// must not keep it. nil: not.
	Live func(*outcome.Run)
	// Progress is called when something else begins; nil: not.
	Progress func(Progress)
}

// Progress is what is being played.
type Progress struct {
	What string        // a step, a case, a host
	At   time.Duration // of simulated time
	Done int           // of All, where there are several hosts or runs
	All  int
}

func (o *Options) tell(what string, at time.Duration) {
	if o.Progress != nil {
		o.Progress(Progress{What: what, At: at})
	}
}

// kernelOr returns the release that is played.
func (o *Options) kernelOr() evidence.Kernel {
	if o.Kernel == "" {
		return "6.18"
	}
	return o.Kernel
}

// Scenario plays all cases of a scenario on the twin and judges its claim. The
// error is that of ctx, of Save, or of a kernel that the twin does not know.
func Scenario(ctx context.Context, f *scenario.File, o Options) (outcome.Claim, error) {
	o.Kernel = o.kernelOr()
	all := f.Plays()
	plays := make([]claims.Play, len(all))
	why := make([]say.Text, len(all))
	var samples []outcome.Sample
	for i := range all {
		o.tell(all[i].Case, 0)
		got, err := playOne(ctx, f, &all[i], &o)
		if err != nil {
			return outcome.Claim{}, err
		}
		plays[i], why[i] = got.Play, got.why
		if i == 0 {
			samples = got.samples
		}
	}
	out := outcome.Claim{Result: claims.Judge(f, o.Kernel, plays, 0), Samples: samples}
	for i := range plays {
		if plays[i].Verdict == out.Verdict && out.Verdict != claims.Proved {
			out.Reason = why[i]
			if plays[i].Case != "" {
				out.Reason = say.F("%s: %s", "%s：%s", plays[i].Case, why[i])
			}
			break
		}
	}
	return out, nil
}

// played is one case that was played.
type played struct {
	claims.Play
	why     say.Text
	samples []outcome.Sample
}

// playOne plays one case.
func playOne(ctx context.Context, f *scenario.File, p *scenario.Play, o *Options) (played, error) {
	out := played{Play: claims.Play{Case: p.Case, Verdict: claims.Proved, Measured: []claims.Measure{}}}
	if u := check(p); u != nil {
		out.untested(u)
		return out, nil
	}
	w, err := newWorld(f, p, o)
	if err == nil {
		err = playIn(ctx, w, p, &out.Play)
		out.samples = w.samples
	}
	var not *Untestable
	var wrong *refuted
	switch {
	case errors.As(err, &not):
		out.untested(not)
		return out, nil
	case errors.As(err, &wrong):
		m := wrong.measure
		out.Verdict, out.Why = claims.NotSo, wrong.Error()
		out.why = say.F("line %d: %s: got %s", "第 %d 行：%s：得到 %s", m.Line, m.Step, m.Got)
		return out, nil
	}
	return out, err
}

func (p *played) untested(u *Untestable) {
	p.Verdict, p.Why, p.why = claims.NotTestable, u.Why.EN, u.Why
}

// playIn starts the programs and does the steps.
func playIn(ctx context.Context, w *world, p *scenario.Play, out *claims.Play) error {
	defer w.close()
	s := &stage{world: w, ctx: ctx, marks: map[string]time.Duration{}}
	for _, servers := range []bool{true, false} { // a client's first connection shall not be refused
		for i := range p.Programs {
			spec := &p.Programs[i]
			if spec.Later || spec.Listen.IsValid() != servers {
				continue
			}
			if err := s.control(scenario.Control{Do: scenario.Start, Program: spec.Name}); err != nil {
				return err
			}
		}
	}
	return s.steps(p, out)
}
