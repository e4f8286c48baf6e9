package forecast

import "errors"

// add takes in another run.
func (o *Outlook) add(p played) {
	o.Runs++
	if p.never {
		o.maybe = true
		return
	}
	if o.Early == 0 || p.in < o.Early {
		o.Early = p.in
	}
	o.Late = max(o.Late, p.in)
}

// done completes an outlook after its last run.
func (o *Outlook) done() *Outlook {
	switch {
	case o == nil:
	case !o.Ranged:
		o.Early, o.Late = 0, 0
	case o.maybe:
		o.Late = 0
	}
	return o
}

// out reports whether no port is left now.
func (o *Outlook) out() bool { return !o.Never && o.In == 0 }

// first plays the future as it is expected.
func (b *Book) first(f *future) error {
	s := f.stage
	o := &Outlook{Of: s.usable(), TakesOver: s.budget.Reuse.Allowed}
	if s.safe(&f.traffic, b.o.Horizon) {
		o.Never, o.maybe = true, true
		o.Held = min(o.Of, s.budget.Live+int(f.traffic.highest()*61+0.5))
		f.out = o
		return nil
	}
	p, err := b.play(f, variant{stage: s, traffic: f.traffic, how: f.how})
	switch {
	case errors.Is(err, errWork):
		return nil
	case err != nil:
		return err
	}
	o.Never, o.In, o.Until, o.Held, o.Work, o.Extended = p.never, p.in, p.until, p.held, p.work, p.extended
	o.add(p)
	f.out = o
	return nil
}

// bracket plays the ends of the noise of the rate.
func (b *Book) bracket(f *future) {
	const deviations = 2
	o := f.out
	if o == nil || o.out() || o.Until > 0 || f.traffic.Error == 0 {
		return
	}
	high, low := f.traffic.shifted(deviations), f.traffic.shifted(-deviations)
	if o.Never && f.stage.safe(&high, b.o.Horizon) {
		o.Ranged = true // surely never
		return
	}
	p, err := b.play(f, variant{stage: f.stage, traffic: high, how: f.how})
	if err != nil {
		return
	}
	q := played{never: true} // what is never at this rate is never at a lower one
	if !o.Never {
		if q, err = b.play(f, variant{stage: f.stage, traffic: low, how: f.how}); err != nil {
			return
		}
	}
	o.add(p)
	o.add(q)
	if o.Never {
		o.Runs-- // the last was not played
	}
	o.Ranged = true
}

// draws plays seconds like those that were seen, in another order each time.
func (b *Book) draws(f *future) {
	const many = 4
	o := f.out
	if o == nil || !o.Ranged || o.out() || o.Runs == 0 {
		return
	}
	if _, ok := noiseOf(&f.traffic, 0); !ok {
		return
	}
	for i := range uint64(many) {
		p, err := b.play(f, variant{stage: f.stage, traffic: f.traffic, how: f.how, draw: i + 1, noisy: true})
		if err != nil {
			return
		}
		o.add(p)
	}
}

// play plays a variant if the work that is left is enough for it.
func (b *Book) play(f *future, v variant) (played, error) {
	if v.cost() > float64(b.left) {
		return played{}, errWork
	}
	p, err := v.play(b.o.Horizon, b.left)
	b.left -= p.made + int(v.loading())
	return p, err
}

// cost is about how many connections a variant needs: until all ports are held or,
// if they never are, until it is settled.
func (v *variant) cost() float64 {
	rate := v.traffic.highest() + v.traffic.Growth
	settled := v.traffic.Hold.Seconds() + float64(v.life())
	if v.traffic.Slope != 0 {
		settled += trendLasts
	}
	cost := rate * settled
	if !v.budget.Reuse.Allowed {
		cost = min(cost, 1.5*float64(v.usable()))
	}
	return cost + v.loading()
}

// loading is what it costs to set a twin to the evidence, in connections.
func (v *variant) loading() float64 { return float64(v.tally.Ports.Len()) / 3 }
