package portspace

import (
	"time"

	"github.com/linger-dev/linger/internal/evidence"
)

// Projection says when a group's ports run out if connections go on closing
// as they do, the live ones stay as many as they are, and nothing else takes
// ports.
type Projection struct {
	Never   bool          `json:"never"`      // not within Horizon at this rate
	In      time.Duration `json:"in_ns"`      // from the snapshot; 0 with Never false: out now
	Early   time.Duration `json:"early_ns"`   // In at a rate two standard errors higher
	Late    time.Duration `json:"late_ns"`    // In at a rate two standard errors lower; 0 if Never or if that rate never exhausts
	Horizon time.Duration `json:"horizon_ns"` // how far the projection looks
	Steady  int           `json:"steady"`     // ports held in the long run at this rate
	Rate    evidence.Rate `json:"rate"`       // the rate it is made with
}

const (
	horizon = 600 // seconds
	// life is the mean time in TIME_WAIT in seconds: 60, and half of the
	// timer wheel's granularity (2 s at HZ=250, 5 s at HZ=100).
	life = 61
	// trendLasts bounds how long a slope seen over a minute is extended.
	trendLasts = 60
)

// Runout projects a budget one second at a time: each second's closes take
// ports, and those closed 61 s before give theirs back. What the minute in
// the dump says about coming expiries is used exactly.
func Runout(b *Budget, t *evidence.Tally) Projection {
	rate := t.Minute.Rate()
	p := Projection{Rate: rate, Horizon: horizon * time.Second}
	held := float64(life)
	if b.Reuse.Allowed {
		held = min(held, b.Reuse.Delay.Seconds())
	}
	p.Steady = b.Live + int(rate.PerSecond*held+0.5)
	if b.Out() {
		return p
	}
	var ok bool
	if p.In, ok = exhaust(b, t, rate.PerSecond, rate.Slope); !ok {
		p.Never = true
		return p
	}
	p.Early, _ = exhaust(b, t, rate.PerSecond+2*rate.Error, rate.Slope)
	p.Late, _ = exhaust(b, t, max(0, rate.PerSecond-2*rate.Error), rate.Slope)
	return p
}

// exhaust returns when nothing is left, or false if that is not within the
// horizon.
func exhaust(b *Budget, t *evidence.Tally, rate, slope float64) (time.Duration, bool) {
	// ages[i] is how many ports of the budget hold a TIME_WAIT of i seconds.
	// Sockets outside the range hold no port of it: scale them away.
	var ages [life + 1]float64
	scale := 0.0
	if total := t.Minute.Total(); total > 0 {
		scale = float64(b.TimeWait) / float64(total)
	}
	for i, n := range t.Minute.Age {
		ages[i] = float64(n) * scale
	}
	ages[life-1] = float64(t.Minute.Tail) * scale

	room := float64(b.Size - b.Reserved - b.Bound - b.Live)
	before := room - blocked(&ages, b.Reuse)
	for second := range horizon {
		r := max(0, rate+slope*float64(min(second, trendLasts)))
		copy(ages[1:], ages[:life])
		ages[0], ages[life] = r, 0
		after := room - blocked(&ages, b.Reuse)
		if after <= 0 {
			part := before / max(before-after, 1e-9)
			return time.Duration((float64(second) + min(1, part)) * float64(time.Second)), true
		}
		before = after
	}
	return 0, false
}

// blocked sums the TIME_WAIT ports that connect() may not take over.
func blocked(ages *[life + 1]float64, reuse Reuse) float64 {
	limit := float64(life)
	if reuse.Allowed {
		limit = reuse.Delay.Seconds()
	}
	var sum float64
	for i, n := range ages {
		if part := limit - float64(i); part > 0 {
			sum += n * min(1, part)
		}
	}
	return sum
}
