package forecast

import (
	"math"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
)

// subject is a group, what it may use, and what it does.
type subject struct {
	host    *evidence.Host
	ns      *evidence.Namespace
	tally   *evidence.Tally
	budget  portspace.Budget
	traffic Traffic
}

// subject measures a group of a namespace; false if it has no budget.
func (b *Book) subject(ns *evidence.Namespace, space *portspace.Space, t *evidence.Tally) (subject, bool) {
	budget, ok := space.Budget(t)
	if !ok {
		return subject{}, false
	}
	s := subject{host: &b.snap.Host, ns: ns, tally: t, budget: budget}
	earlier, since := b.earlier(ns, t)
	s.traffic = traffic(t, earlier, since, &budget)
	return s, true
}

// earlier returns the group as the earlier look saw it, and how long ago that was.
func (b *Book) earlier(ns *evidence.Namespace, t *evidence.Tally) (*evidence.Tally, time.Duration) {
	if b.o.Earlier == nil {
		return nil, 0
	}
	for i := range b.o.Earlier.Namespaces {
		was := &b.o.Earlier.Namespaces[i]
		if was.ID != ns.ID || was.Name != ns.Name {
			continue
		}
		if at := slices.IndexFunc(was.Tallies, func(o evidence.Tally) bool { return o.Key == t.Key }); at >= 0 {
			return &was.Tallies[at], b.snap.Taken.Sub(b.o.Earlier.Taken)
		}
	}
	return nil, 0
}

// usable is how many ports the group could use.
func (s *subject) usable() int { return s.budget.Size - s.budget.Reserved - s.budget.Bound }

// danger is the share of its ports that the group holds, or will.
func (s *subject) danger() float64 {
	held := float64(s.usable() - s.budget.Left.Max)
	will := float64(s.budget.Live) + s.traffic.highest()*float64(s.life()) + s.traffic.Growth*60
	return max(held, will) / max(1, float64(s.usable()))
}

// life bounds, in seconds, how long a closed connection keeps its port: the timer
// wheel to Linux 4.0 takes up to 112.5 s for a TIME_WAIT, all others less than 66 s.
func (s *subject) life() int {
	life := longest(s.host)
	if s.budget.Reuse.Allowed { // to Linux 6.13 the age is told in whole seconds, from above
		life = min(life, int(math.Ceil(s.budget.Reuse.Delay.Seconds()))+2)
	}
	return life
}

func longest(host *evidence.Host) int {
	if !host.Kernel.AtLeast(4, 1) {
		return 113
	}
	return 66
}

// safe reports whether the group cannot run out with this traffic, so that it need
// not be simulated. Where the range is of odd size one search leaves a port out.
func (s *subject) safe(t *Traffic, horizon time.Duration) bool {
	return s.bound(t, horizon) < float64(s.usable()-s.budget.Size%2)
}

// bound returns a number of ports that are never all held at a time: the live
// ones, and at each second those of the minute that was seen that may still be
// there, with those that were closed since at the highest rate.
func (s *subject) bound(t *Traffic, horizon time.Duration) float64 {
	rate := t.highest()
	steady := float64(s.budget.Live-t.Live) + rate*t.Hold.Seconds()
	live := max(float64(s.budget.Live), steady) + t.Growth*horizon.Seconds() + 2
	if t.Hold > 0 { // what is open now may close faster than the traffic opens
		rate = max(rate, t.closing.rate, t.closing.rate+t.closing.slope*t.Hold.Seconds(), float64(t.Live)/t.Hold.Seconds())
	}
	life := s.life()
	young := 0 // those of the minute that are younger than age
	for _, n := range s.tally.Minute.Age[:min(life, len(s.tally.Minute.Age))] {
		young += int(n)
	}
	if life > len(s.tally.Minute.Age) {
		young += int(s.tally.Minute.Tail)
	}
	most := float64(young)
	for second := 1; second <= life; second++ {
		switch age := life - second; {
		case age >= len(s.tally.Minute.Age): // in the tail of the timer wheel
		case age+1 == len(s.tally.Minute.Age):
			young -= int(s.tally.Minute.Tail) + int(s.tally.Minute.Age[age])
		default:
			young -= int(s.tally.Minute.Age[age])
		}
		most = max(most, float64(young)+rate*float64(second)+1)
	}
	return live + most
}
