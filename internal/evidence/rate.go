package evidence

import "math"

// Rate is how often connections of a tally closed into TIME_WAIT.
type Rate struct {
	PerSecond float64 `json:"per_second"` // mean of the last Window seconds
	Error     float64 `json:"error"`      // standard error of PerSecond
	Window    int     `json:"window_s"`
	Slope     float64 `json:"slope"` // change of the rate in closes per second per second, over the minute; 0 if not significant
}

// rateWindow is long enough to smooth bursts and short enough to be "now".
const rateWindow = 10

// Rate estimates the present rate and its trend. Counts of independent closes
// scatter like a Poisson variable, but real traffic is burstier; the error is
// therefore taken from the scatter of the seconds themselves where that is
// larger. Where traffic began less than a window ago, only the seconds since
// then count. A slope is reported only if it exceeds twice its standard error.
func (m *Minute) Rate() Rate {
	window := min(rateWindow, max(1, m.oldest()))
	n := float64(window)
	var sum, squares float64
	for _, v := range m.Age[:window] {
		sum += float64(v)
		squares += float64(v) * float64(v)
	}
	r := Rate{Window: window, PerSecond: sum / n}
	scatter := squares/n - r.PerSecond*r.PerSecond
	r.Error = math.Sqrt(max(scatter, r.PerSecond) / n)
	r.Slope = m.slope()
	return r
}

// oldest returns the age in seconds of the oldest close.
func (m *Minute) oldest() int {
	if m.Tail > 0 {
		return len(m.Age)
	}
	i := len(m.Age) - 1
	for i > 0 && m.Age[i] == 0 {
		i--
	}
	return i
}

// Trend returns -1, 0 or +1: falling, steady, rising by more than the noise.
func (r Rate) Trend() int {
	switch {
	case r.Slope > 0:
		return 1
	case r.Slope < 0:
		return -1
	}
	return 0
}

// slope fits a line through the seconds that have any history: from the
// oldest second with a close to now. Seconds before the first close are not
// evidence of a low rate: the kernel may simply have been idle, and a start
// of traffic must not look like a steady rise.
func (m *Minute) slope() float64 {
	oldest := m.oldest()
	n := float64(oldest) // the second in which traffic began is only partly filled: leave it out
	if n < rateWindow {
		return 0
	}
	var st, sv, stt, stv, svv float64
	for i := range oldest {
		t, v := -float64(i), float64(m.Age[i])
		st, sv, stt, stv, svv = st+t, sv+v, stt+t*t, stv+t*v, svv+v*v
	}
	dt := stt - st*st/n
	b := (stv - st*sv/n) / dt
	residual := max(0, svv-sv*sv/n-b*b*dt) / (n - 2)
	residual = max(residual, sv/n) // never below Poisson noise
	if math.Abs(b) <= 2*math.Sqrt(residual/dt) {
		return 0
	}
	return b
}
