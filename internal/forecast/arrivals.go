package forecast

import (
	"math"

	"github.com/linger-dev/linger/internal/twin/chance"
)

// arrivals says how many connections are opened in each second. It counts in
// millionths, as integers, so that no sum depends on the machine.
type arrivals struct {
	rate, slope int64 // a second, and more each second while the trend lasts
	sum         int64 // so far
	noise       *noise
}

const millionth = 1_000_000

func newArrivals(rate, slope float64, n *noise) arrivals {
	return arrivals{rate: millionths(rate), slope: millionths(slope), sum: millionth / 2, noise: n}
}

func millionths(f float64) int64 { return int64(math.Round(min(f, 1e9) * millionth)) }

// in returns how many are opened in a second; they must be asked for in turn.
func (a *arrivals) in(second int64) int64 {
	before := a.sum / millionth
	rate := max(0, a.rate+a.slope*min(second, trendLasts))
	if a.noise != nil {
		rate = a.noise.of(rate)
	}
	a.sum += rate
	return a.sum/millionth - before
}

// noise makes a rate what it was in some second of those that were seen.
type noise struct {
	rand    chance.Source
	seconds []uint32
	sum     int64
}

// leastSeconds is how many seconds must have been seen to draw from them.
const leastSeconds = 5

// noiseOf returns the noise of a traffic; false if too few seconds were seen.
func noiseOf(t *Traffic, seed uint64) (*noise, bool) {
	n := &noise{rand: chance.New(seed), seconds: t.seconds}
	for _, v := range t.seconds {
		n.sum += int64(v)
	}
	return n, len(t.seconds) >= leastSeconds && n.sum > 0
}

func (n *noise) of(rate int64) int64 {
	v := int64(n.seconds[n.rand.Below(uint32(len(n.seconds)))])
	return rate / n.sum * v * int64(len(n.seconds))
}
