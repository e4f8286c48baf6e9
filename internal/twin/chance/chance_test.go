package chance_test

import (
	"math"
	"testing"

	"github.com/linger-dev/linger/internal/twin/chance"
)

func TestTheNumbersOfASeedNeverChange(t *testing.T) {
	s := chance.New(1234567)
	for i, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423} { // the published ones of SplitMix64
		if got := s.Next(); got != want {
			t.Errorf("number %d is %d, must be %d", i, got, want)
		}
	}
}

func TestACopyGoesOnAlike(t *testing.T) {
	a := chance.New(5)
	a.Below8()
	b := a
	for range 100 {
		if a.Below8() != b.Below8() || a.Exponential(1000) != b.Exponential(1000) {
			t.Fatal("a copy gives other numbers")
		}
	}
}

func TestBelowIsEven(t *testing.T) {
	s := chance.New(9)
	var few, many [8]int
	for range 80_000 {
		few[s.Below8()]++
		many[s.Below(8)]++
	}
	for i := range 8 {
		if few[i] < 9_600 || few[i] > 10_400 || many[i] < 9_600 || many[i] > 10_400 {
			t.Errorf("%d came %d and %d times in 80,000", i, few[i], many[i])
		}
	}
}

// Pearson's test over the 512 values below eight means, in steps of a 64th, and
// the tail; then over the halves, fourths and so on within a step.
func TestExponentialHasItsDistribution(t *testing.T) {
	const n, mean, steps = 4_000_000, 1 << 32, 512
	s := chance.New(3)
	var seen [steps + 1]int
	var within [16]int
	sum := 0.0
	for range n {
		v := s.Exponential(mean)
		sum += float64(v) / mean
		seen[min(v>>26, steps)]++
		within[v>>22&15]++
	}
	if got := sum / n; math.Abs(got-1) > 5/math.Sqrt(n) {
		t.Errorf("a mean of %f", got)
	}
	square := 0.0
	for k, got := range seen {
		want := n * math.Exp(-float64(k)/64)
		if k < steps {
			want *= -math.Expm1(-1. / 64)
		}
		square += (float64(got) - want) * (float64(got) - want) / want
	}
	// The mean of chi squared is its degrees of freedom, its variance twice that.
	if limit := steps + 5*math.Sqrt(2*steps); square > limit {
		t.Errorf("chi squared of the steps is %.0f, over %.0f", square, limit)
	}
	square = 0
	for k, got := range within {
		want := n * math.Exp(-float64(k)/1024) * math.Expm1(-1./1024) / math.Expm1(-1./64)
		square += (float64(got) - want) * (float64(got) - want) / want
	}
	if limit := 15 + 5*math.Sqrt(2*15); square > limit {
		t.Errorf("chi squared within a step is %.0f, over %.0f", square, limit)
	}
}

// Neighbours must not depend on each other: the parts of a draw share its bits.
func TestExponentialDrawsAreIndependent(t *testing.T) {
	const n, mean = 1_000_000, 1 << 32
	s := chance.New(4)
	before, sum := 0.0, 0.0
	for range n {
		v := float64(s.Exponential(mean))/mean - 1
		sum += before * v
		before = v
	}
	if r := sum / n; math.Abs(r) > 5/math.Sqrt(n) {
		t.Errorf("a correlation of %f", r)
	}
}

func BenchmarkExponential(b *testing.B) {
	s := chance.New(3)
	for b.Loop() {
		s.Exponential(1_000_000)
	}
}
