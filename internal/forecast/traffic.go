package forecast

import (
	"math"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/tcp"
)

// Traffic is what the evidence tells of the connections of a group. Those that
// the other side closes first leave no TIME_WAIT: they are seen only among the
// live ones, which is all that the ports need to know of them.
type Traffic struct {
	Rate   float64       `json:"rate"`    // connections a second that we close first
	Error  float64       `json:"error"`   // standard error of Rate
	Window int           `json:"window"`  // seconds that Rate was measured over
	Slope  float64       `json:"slope"`   // change of Rate per second; 0 if it is not significant
	Live   int           `json:"live"`    // connections that are open and part of the traffic
	Hold   time.Duration `json:"hold_ns"` // how long each is open, by Little's law; 0 without traffic
	Stuck  int           `json:"stuck"`   // connections that nobody closes: long in CLOSE_WAIT
	Growth float64       `json:"growth"`  // connections a second that are opened and stay

	seconds []uint32 // what was seen in each second of the window, for its noise
	// closing is Rate and Slope as they were seen: what is open now ends so,
	// whatever is opened from now on.
	closing struct{ rate, slope float64 }
}

// trendLasts bounds, in seconds, how long a slope that was seen over a minute is
// extended.
const trendLasts = 60

// traffic measures a group. Live ports are those of its budget: in the range, and
// not bound.
func traffic(t, earlier *evidence.Tally, since time.Duration, b *portspace.Budget) Traffic {
	m := observed(&t.Minute, b.Reuse)
	if m.Slope != 0 { // the mean of a window is what the rate was in its middle
		m.Rate = max(0, m.Rate+m.Slope*float64(m.Window)/2)
	}
	m.Stuck, m.Growth = leak(t)
	live := max(0, b.Live)
	m.Stuck = min(m.Stuck, live)
	m.Live = max(0, live-m.Stuck-int(min(t.MiniFinWait2, 1<<16)))
	m.Hold = m.little()
	m.closing.rate, m.closing.slope = m.Rate, m.Slope
	if earlier != nil && since > 0 {
		m.Growth = max(m.Growth, grown(t, earlier, since)-max(0, m.Slope)*m.Hold.Seconds())
	}
	return m
}

// little returns how long a connection is held: those that are open were opened
// since then, at a rate that rose as that of the closes does: live = rate·hold +
// slope·hold²/2.
func (t *Traffic) little() time.Duration {
	const longest = 1e6 // seconds
	if t.Rate == 0 {
		return 0
	}
	hold := float64(t.Live) / t.Rate
	if root := t.Rate*t.Rate + 2*t.Slope*float64(t.Live); t.Slope != 0 && root > 0 {
		hold = (math.Sqrt(root) - t.Rate) / t.Slope
	}
	return time.Duration(min(hold, longest) * float64(time.Second))
}

// ends returns when the i-th of those that are open now is closed, by the rate and
// slope that were seen.
func (t *Traffic) ends(i, n int) time.Duration {
	share := (float64(i) + 0.5) / float64(n)
	r, s := t.closing.rate, t.closing.slope
	root := r*r + 2*s*float64(n)*share
	whole := r*r + 2*s*float64(n)
	if s == 0 || whole <= 0 {
		return time.Duration(float64(t.Hold) * share)
	}
	return time.Duration(float64(t.Hold) * (math.Sqrt(root) - r) / (math.Sqrt(whole) - r))
}

// observed returns the rate of closes. Where connect() takes over TIME_WAIT ports
// only the youngest are all still there, so only the seconds before the delay
// count, and a trend cannot be told: fewer old ones look like a rise.
func observed(minute *evidence.Minute, reuse portspace.Reuse) Traffic {
	if !reuse.Allowed {
		r := minute.Rate()
		return Traffic{Rate: r.PerSecond, Error: r.Error, Window: r.Window, Slope: r.Slope, seconds: minute.Age[:r.Window]}
	}
	window := min(10, max(1, int(reuse.Delay/time.Second)))
	n := float64(window)
	var sum, squares float64
	for _, v := range minute.Age[:window] {
		sum += float64(v)
		squares += float64(v) * float64(v)
	}
	mean := sum / n
	return Traffic{
		Rate: mean, Window: window, seconds: minute.Age[:window],
		Error: math.Sqrt(max(squares/n-mean*mean, mean) / n),
	}
}

const (
	leakAge  = 30 * time.Second // a program that is merely slow has closed by then
	leakMost = 10               // fewer connections than this are no leak
)

// leak returns how many connections are in CLOSE_WAIT for good, and how many come
// to them each second: as many as there are in the time since the oldest came. If
// the youngest is much older than the distance of two, no more come.
func leak(t *evidence.Tally) (stuck int, growth float64) {
	n, c := t.States[tcp.CloseWait], &t.CloseWait
	if n < leakMost || c.Known < n/2 || c.Oldest < leakAge {
		return 0, 0
	}
	growth = float64(n) / c.Oldest.Seconds()
	if c.Youngest.Seconds() > 10/growth {
		growth = 0
	}
	return int(n), growth
}

// grown returns by how many connections a second the live ones became more since
// an earlier look; 0 if that is within twice its noise.
func grown(t, earlier *evidence.Tally, since time.Duration) float64 {
	now, then := float64(t.States.Live()), float64(earlier.States.Live())
	if now-then <= 2*math.Sqrt(now+then) {
		return 0
	}
	return (now - then) / since.Seconds()
}

// times returns the traffic as so many times of it: as many more connections, each
// held as long as now.
func (t Traffic) times(f float64) Traffic {
	t.Rate, t.Error, t.Slope, t.Growth = t.Rate*f, t.Error*f, t.Slope*f, t.Growth*f
	return t
}

// shifted returns the traffic with a rate so many standard errors higher.
func (t Traffic) shifted(errors float64) Traffic {
	t.Rate = max(0, t.Rate+errors*t.Error)
	return t
}

// opening returns the rate at which connections are opened now. Those that are
// closed now were opened a Hold ago: a trend is ahead by that.
func (t *Traffic) opening() float64 { return max(0, t.Rate+t.Slope*t.Hold.Seconds()) }

// highest returns the highest rate of opening that the trend leads to.
func (t *Traffic) highest() float64 { return max(t.opening(), t.last()) }

// last returns the rate of opening after the trend.
func (t *Traffic) last() float64 { return max(0, t.opening()+t.Slope*trendLasts) }
