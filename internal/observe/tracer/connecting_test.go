package tracer

import (
	"math/bits"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func latencyOf(all ...time.Duration) (l Latency) {
	for _, d := range all {
		l.Buckets[min(bits.Len64(uint64(d/time.Microsecond)), Buckets-1)]++
		l.Count++
		l.Sum += d
	}
	return l
}

func TestQuantileIsTheEndOfTheBucketThatHoldsIt(t *testing.T) {
	l := latencyOf(30*time.Microsecond, 30*time.Microsecond, 30*time.Microsecond, 5*time.Millisecond)
	for q, want := range map[float64]time.Duration{
		0: 32 * time.Microsecond, 0.5: 32 * time.Microsecond, 0.75: 32 * time.Microsecond,
		0.9: 8192 * time.Microsecond, 1: 8192 * time.Microsecond,
	} {
		if got := l.Quantile(q); got != want {
			t.Errorf("%v: got %v, want %v", q, got, want)
		}
	}
	if got := (&Latency{}).Quantile(0.5); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
	shortest, longest := latencyOf(0), latencyOf(time.Hour)
	if shortest.Quantile(1) != time.Microsecond || longest.Quantile(1) != Bound(Buckets-1) {
		t.Errorf("%v, %v", shortest.Quantile(1), longest.Quantile(1))
	}
}

func TestWhatCameSinceIsTheDifferenceOrAllThatBeganAnew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		durations := rapid.SliceOf(rapid.Map(rapid.Int64Range(0, int64(time.Minute)), func(n int64) time.Duration { return time.Duration(n) }))
		before, after := durations.Draw(t, "before"), durations.Draw(t, "after")
		earlier, later, both := latencyOf(before...), latencyOf(after...), latencyOf(append(before, after...)...)
		if got := both.Since(&earlier); got != later {
			t.Errorf("got %+v, want %+v", got, later)
		}
		if earlier.Add(&later); earlier != both {
			t.Errorf("got %+v, want %+v", earlier, both)
		}
	})
	old, fresh := latencyOf(time.Second, time.Second), latencyOf(time.Second)
	if got := fresh.Since(&old); got != fresh {
		t.Errorf("a destination that began anew: %+v", got)
	}
}
