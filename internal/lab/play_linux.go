package lab

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/scenario"
)

// patience is how much longer than expected a play may take before it is given
// up: something must be stuck.
const patience = 2 * time.Minute

// play plays one case of a scenario and takes everything away again.
func play(ctx context.Context, f *scenario.File, p *scenario.Play, o Options) claims.Play {
	out := claims.Play{Case: p.Case, Verdict: claims.Proved, Measured: []claims.Measure{}}
	ends := ends(p)
	length := time.Duration(0)
	if len(ends) > 0 {
		length = ends[len(ends)-1]
	}
	ctx, cancel := context.WithTimeout(ctx, length+patience)
	defer cancel()
	tell := func(step string, left time.Duration) {
		o.Progress(Progress{Name: f.Name, Case: p.Case, Step: step, Left: left})
	}
	tell("builds its hosts", length)
	s, err := newStage(f, p, o)
	if err != nil {
		conclude(&out, err)
		return out
	}
	defer s.close()
	if err = s.begin(ctx, p); err == nil {
		s.watch()
		err = s.steps(ctx, p, &out, func(i int) { tell(p.Steps[i].String(), length-endOf(ends, i-1)) })
	}
	conclude(&out, err)
	if err := s.keep(ctx, f, &out); err != nil && out.Verdict == claims.Proved {
		conclude(&out, err)
	}
	return out
}

func endOf(ends []time.Duration, i int) time.Duration {
	if i < 0 {
		return 0
	}
	return ends[i]
}

// conclude sets the verdict for an error, if there is one.
func conclude(p *claims.Play, err error) {
	if err == nil {
		return
	}
	var wrong *refuted
	var not *untestable
	switch {
	case errors.As(err, &wrong):
		p.Verdict, p.Why = claims.NotSo, wrong.Error()
	case errors.As(err, &not):
		p.Verdict, p.Why, p.Hint = claims.NotTestable, not.why, not.hint
	case errors.Is(err, context.Canceled):
		p.Verdict, p.Why = claims.NotTestable, "interrupted"
	default:
		p.Verdict, p.Why = claims.NotTestable, "it could not be played: "+err.Error()
	}
}

// steps does the steps until one does not go as expected.
func (s *stage) steps(ctx context.Context, p *scenario.Play, out *claims.Play, tell func(i int)) error {
	for i, step := range p.Steps {
		tell(i)
		now := time.Now()
		if step.Label != "" {
			s.marks[step.Label] = now
		}
		expect, watching := step.Action.(scenario.Expect)
		if !watching {
			s.lastAct = now
		}
		m := claims.Measure{Line: step.Line, Label: step.Label, Step: step.String(), Holds: true}
		m.About, m.Telling = step.About()
		var err error
		if watching {
			m.Got, err = s.expect(ctx, expect)
		} else {
			m.Got, err = s.act(ctx, step.Action)
			s.remark(ctx, now, step, m.Got)
		}
		if errors.Is(err, errRefuted) {
			m.Holds = false
			err = &refuted{m}
		}
		if m.Got != "" {
			out.Measured = append(out.Measured, m)
		}
		if err != nil {
			var known *refuted
			if !errors.As(err, &known) {
				err = fmt.Errorf("line %d: %s: %w", step.Line, step.String(), err)
			}
			return err
		}
	}
	return nil
}

// act does a step that is no expectation. got is what a call gave.
func (s *stage) act(ctx context.Context, a scenario.Action) (got string, err error) {
	switch a := a.(type) {
	case scenario.Call:
		return s.call(ctx, a)
	case scenario.Fork:
		return "", s.fork(ctx, a)
	case scenario.Control:
		return "", s.control(ctx, a)
	case scenario.Wait:
		return "", sleep(ctx, a.For)
	case scenario.Set:
		return "", set(s.hosts[a.Host], a.Settings)
	case scenario.Cut:
		return "", s.cut(a)
	case scenario.Disturb:
		return "", s.disturb(a)
	case scenario.Inject:
		return "", s.inject(a)
	case scenario.Mute:
		return "", s.peers[a.Host].peer.Mute(!a.Off)
	}
	return "", fmt.Errorf("a step of unknown kind %T", a)
}

func (s *stage) call(ctx context.Context, c scenario.Call) (string, error) {
	p := s.programs[c.Socket.Program]
	if p.caller == nil {
		return "", fmt.Errorf("%s is not running", p.spec.Name)
	}
	a, err := p.caller.call(ctx, c)
	if err != nil {
		return "", err
	}
	got, holds := compare(c, a)
	if !holds {
		return got, errRefuted
	}
	return got, nil
}
