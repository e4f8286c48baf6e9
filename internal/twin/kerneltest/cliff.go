package kerneltest

import (
	"math"
	"slices"
	"time"
)

// Slope is how the work of the search, as a twin counts it, compares with the
// time of connect() on the kernel.
type Slope struct {
	Rank, Linear   float64       // Spearman's and Pearson's correlation of both, in medians of some consecutive connections
	Foretold       int           // number of the connection from which on the twin's searches walk the half
	Measured       int           // the same, by times alone
	Before, Beyond time.Duration // median time of connect() in the first quarter and past the half
	PerPort        time.Duration // what a port costs that is passed over
}

// cliffWidth is how many connections the measured beginning of the slow half may
// be away from the foretold one. When the last ports of the first parity go, the
// search takes half as long and longer already.
const cliffWidth = 10

// climb compares a case of the family Cliff with a prediction.
func climb(c *Case, t, said *Transcript) Slope {
	var times, work []float64
	for i := range c.Ops {
		if c.Ops[i].Kind == Dial && t.Done[i].Errno == OK {
			times = append(times, float64(t.Done[i].Took))
			work = append(work, float64(said.Done[i].Visited))
		}
	}
	n := len(times)
	s := Slope{Foretold: Measure(c, said)[0].FirstSecond, Rank: Spearman(medians(times), medians(work)), Linear: Pearson(medians(times), medians(work))}
	if n < 8*cliffWidth || s.Foretold == 0 || s.Foretold >= n-2*cliffWidth {
		return s
	}
	before, beyond := median(times[:n/4]), median(times[n-n/20:])
	s.Before, s.Beyond = time.Duration(before), time.Duration(beyond)
	s.PerPort = time.Duration((beyond - before) / median(work[n-n/20:]))
	s.Measured = split(times, before, beyond)
	return s
}

// split returns the connection, from 1, from which on times lie at the upper
// level rather than at the lower one: the place that leaves the least distance
// in all. No single one counts for more than the difference of both levels, so
// that an interruption moves nothing.
func split(times []float64, lower, upper float64) int {
	best, at, sum := 0.0, 1, 0.0
	for i, t := range times {
		sum += math.Abs(t-lower) - math.Abs(t-upper)
		if sum < best {
			best, at = sum, i+2
		}
	}
	return at
}

// block is how many consecutive connections give one value of a correlation: the
// searches of most take less time than the rest of connect() varies.
const block = 25

func medians(x []float64) (out []float64) {
	for part := range slices.Chunk(x, block) {
		out = append(out, median(part))
	}
	return out
}

func median(x []float64) float64 {
	sorted := slices.Sorted(slices.Values(x))
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)/2]
}
