package remedy

import (
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
)

// Change is a world that a Forecaster is asked about.
type Change struct {
	Namespace string
	Group     *evidence.Key      // nil: the namespace's quota of TIME_WAIT sockets
	Settings  *evidence.Settings // as they would be
	Times     float64            // connections that are opened, in times of those of now
	Longer    float64            // how long each is open, in times of now
	Passive   bool               // the other side closes first
	Unbound   bool               // no program binds local ports any more, listeners aside
	Noise     bool               // Early and Late are wanted too
}

// Future is what a Forecaster says becomes of a Change.
type Future struct {
	Never bool          `json:"never"` // nothing runs out within the hour
	In    time.Duration `json:"in_ns"` // else when, from the snapshot on
	// Early and Late are In at the ends of the noise of the rate; 0: then never, or
	// not asked for.
	Early time.Duration `json:"early_ns"`
	Late  time.Duration `json:"late_ns"`
	// Until is when what fails only because of what was before has passed; else 0.
	Until time.Duration `json:"until_ns,omitempty"`
}

// lasts reports whether nothing runs out but for what was before.
func (f *Future) lasts() bool { return f.Never || f.Until > 0 }

// Forecaster foretells a change; false if it cannot. It is pure.
type Forecaster func(Change) (Future, bool)

// foretell lets a remedy's effects say what the forecaster says. What it cannot
// tell stays as arithmetic has it.
func (p *planner) foretell(r *Remedy) {
	if p.ask == nil {
		return
	}
	settings, err := Apply(p.ns.Settings, r.Settings)
	if err != nil {
		return
	}
	for i := range r.Effects {
		e := &r.Effects[i]
		if e.Measure == Orphans || e.Measure == Ports && e.Group == nil || e.Measure == Buckets && len(r.Settings) == 0 {
			continue
		}
		after := r.then
		after.Namespace, after.Settings, after.Group = p.ns.Name, &settings, e.Group
		if after.Times == 0 {
			after.Times = 1
		}
		before := Change{Namespace: p.ns.Name, Settings: &p.ns.Settings, Group: e.Group, Times: 1, Noise: true}
		was, ok := p.asIs(before)
		if !ok {
			continue
		}
		after.Noise = true
		will, ok := p.ask(after)
		if !ok {
			continue
		}
		e.Before.say(was)
		e.After.say(will)
		after.Times, after.Noise = 2*after.Times, false
		if twice, ok := p.ask(after); ok {
			e.AtTwice = &twice
			e.Ends = e.Ends && twice.lasts()
		}
		e.Ends = e.Ends && will.lasts()
	}
}

// asIs asks about the world as it is, once for each group.
func (p *planner) asIs(c Change) (Future, bool) {
	var key evidence.Key
	if c.Group != nil {
		key = *c.Group
	}
	known, ok := p.futures[key]
	if !ok {
		known.Future, known.ok = p.ask(c)
		if p.futures == nil {
			p.futures = make(map[evidence.Key]foretold)
		}
		p.futures[key] = known
	}
	return known.Future, known.ok
}

type foretold struct {
	Future
	ok bool
}

// say takes over what was foretold.
func (o *Outlook) say(f Future) {
	o.Twin, o.Never, o.In, o.Early, o.Late, o.Until = true, f.lasts(), f.In, f.Early, f.Late, f.Until
}

// standing ranks what becomes of a remedy's groups, by the worst of them: 0 if a
// twin says that they do not run out even at twice the traffic, 2 if it says that
// they run out at that of now, and when; 1 if neither, or nothing was foretold.
func (r *Remedy) standing() (rank int, in time.Duration) {
	if len(r.Effects) == 0 {
		return 1, 0
	}
	for i := range r.Effects {
		switch e := &r.Effects[i]; {
		case !e.After.Twin:
			rank = max(rank, 1)
		case !e.After.Never:
			if rank < 2 || e.After.In < in {
				in = e.After.In
			}
			rank = 2
		case e.AtTwice == nil || !e.AtTwice.lasts():
			rank = max(rank, 1)
		}
	}
	return rank, in
}

// tier is the place of a code among those that are as safe and come together in
// the order of codes: within it the better standing comes first.
func tier(c Code) int {
	return slices.IndexFunc(tiers(), func(t []Code) bool { return slices.Contains(t, c) })
}
