package forecast

import (
	"errors"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/twin"
)

// errWork is the end of what may be spent.
var errWork = errors.New("more connections than a forecast may simulate")

// variant is one future to be played.
type variant struct {
	*stage
	traffic Traffic
	how     twin.Closing
	draw    uint64 // which of the chances
	noisy   bool   // each second is one of those that were seen
}

// played is what came of one run.
type played struct {
	never, extended bool
	in, until       time.Duration
	held            int
	work            Work
	made            int
}

// play runs a variant until its outcome is known, up to the horizon. It makes at
// most about limit connections: errWork says that they were not enough.
func (v *variant) play(horizon time.Duration, limit int) (played, error) {
	r, err := v.start(horizon, limit)
	if err != nil {
		return played{}, err
	}
	err = r.all()
	r.played.made = r.flow.made
	return r.played, err
}

func (v *variant) start(horizon time.Duration, limit int) (*run, error) {
	h, id, err := v.load(v.draw)
	if err != nil {
		return nil, err
	}
	var n *noise
	if v.noisy {
		n, _ = noiseOf(&v.traffic, v.stage.seed+v.draw)
	}
	return &run{
		variant: v, flow: newFlow(h, id, &v.traffic, v.how, n), horizon: horizon, limit: limit,
		settled: v.settles(h), window: v.window(h), patience: patience,
	}, nil
}

// run is a play that goes on.
type run struct {
	*variant
	flow    *flow
	horizon time.Duration
	limit   int
	settled time.Duration // what was before is forgotten
	window  time.Duration // so long is looked at to tell what is steady
	played  played
	// patience is how many more connections of a steady growth are played rather
	// than reckoned.
	patience float64
}

const patience = 10_000

// window is two turns of the timer wheel, which frees ports in batches, and long
// enough for a few connections.
func (v *variant) window(h *twin.Host) time.Duration {
	few := time.Duration(min(4/max(v.traffic.last(), 0.01), 120) * float64(time.Second))
	return max(2*grain(h, v.host), few, 2*time.Second)
}

// settles returns when the twin has forgotten all that was before: the trend has
// ended, the live connections were replaced by those of the last rate, and so were
// the TIME_WAITs of these.
func (v *variant) settles(h *twin.Host) time.Duration {
	t := v.traffic.Hold + v.keeps(h)
	if v.traffic.Slope != 0 {
		t += trendLasts * time.Second
	}
	return t
}

// keeps is the longest that a closed connection keeps its port.
func (v *variant) keeps(h *twin.Host) time.Duration {
	if v.budget.Reuse.Allowed { // where there is no delay to set, the age is told by a counter of seconds
		switch h.Kernel().Age {
		case twin.TwoSeconds:
			return 2 * time.Second
		case twin.OneSecond:
			return time.Second
		}
		return v.budget.Reuse.Delay
	}
	return evidence.TimeWaitLen + grain(h, v.host)
}

// grain is by how much the kernel's timers lengthen a TIME_WAIT.
func grain(h *twin.Host, host *evidence.Host) time.Duration {
	const hz, slots = 250, 52500 * time.Millisecond
	as := *host
	if as.HZ == 0 {
		as.HZ = hz // which the twin takes too
	}
	switch h.Kernel().Timer {
	case twin.Slots: // a slot of more than 100 sockets takes the hand twice as long
		return slots
	case twin.Exact:
		return time.Second / time.Duration(as.HZ)
	}
	return as.Granularity(evidence.TimeWaitLen)
}

// all plays second by second.
func (r *run) all() error {
	p, f := &r.played, r.flow
	var before int // peak of the window before
	var checked time.Duration
	for t := time.Second; ; t += time.Second {
		stop := !r.passes()
		f.run(min(t, r.horizon), stop)
		p.held = max(p.held, f.peak)
		r.note(t)
		switch {
		case f.failed.any && stop, t >= r.horizon:
			r.finish(t)
			return nil
		case f.made > r.limit:
			return errWork
		case t < r.settled:
			f.peak = 0
		case checked == 0:
			f.peak, checked = f.held(), t
		case t < checked+r.window:
		case r.steady(before, t):
			r.finish(t)
			return nil
		default:
			before, f.peak, checked = f.peak, f.held(), t
		}
	}
}

// note learns what connect() costs.
func (r *run) note(t time.Duration) {
	w := &r.played.work
	if r.flow.calls == 0 {
		return
	}
	w.Then = r.flow.work()
	if t == time.Second {
		w.Now = w.Then
	}
	w.Slow, w.SlowIn = r.flow.slow.any, r.flow.slow.first
}

// passes reports whether connects that fail now would be on account of what was
// before alone: the traffic by itself has room. Then the run goes on to see when
// that ends.
func (r *run) passes() bool {
	return r.traffic.Growth == 0 && r.steadyDemand() < float64(r.usable())
}

// steadyDemand is about how many ports the traffic holds in the long run.
func (r *run) steadyDemand() float64 {
	rate := r.traffic.last()
	held := r.keeps(r.flow.host).Seconds()
	if r.how != twin.ByUs {
		held = 0
	}
	return float64(r.traffic.Stuck) + rate*(r.traffic.Hold.Seconds()+held)
}

// steady reports whether nothing more can happen but a growth that arithmetic can
// extend. It is asked at the end of a window after everything before is forgotten.
func (r *run) steady(before int, t time.Duration) bool {
	if r.traffic.Growth > 0 {
		rest := (r.traffic.last() + r.traffic.Growth) * (r.horizon - t).Seconds()
		return rest > r.patience
	}
	if r.noisy { // two lives of it were like any other
		return t >= r.settled+r.keeps(r.flow.host)
	}
	return before > 0 && r.flow.peak <= before
}

// finish tells the outcome.
func (r *run) finish(t time.Duration) {
	p, f := &r.played, r.flow
	switch {
	case f.made == 0 && r.budget.Out():
		p.in = 0
	case f.failed.any:
		p.in = f.failed.first
		if r.passes() && f.failed.last+r.window < min(t, r.horizon) {
			p.until = f.failed.last
		}
		if !f.opened { // now; when the first one comes is of no matter
			p.in = 0
		}
	case t >= r.horizon || r.traffic.Growth == 0:
		p.never = true
	default:
		p.extended = true
		p.in = t + time.Duration(float64(r.usable()-r.taken())/r.traffic.Growth*float64(time.Second))
		if p.never = p.in >= r.horizon; p.never {
			p.in = 0
		} else {
			p.held = r.usable()
		}
	}
}

// taken is how many ports no connect() could have, at the worst moment of the last
// window.
func (r *run) taken() int {
	if !r.budget.Reuse.Allowed {
		return r.flow.peak
	}
	f := r.flow
	return f.kept + len(f.live) - f.head + int(r.traffic.last()*r.keeps(f.host).Seconds()+1)
}
