package workload

import (
	"math/bits"
	"time"
)

// latency counts durations in buckets of constant relative width, so that it
// needs the same memory for any number of them.
type latency struct {
	buckets [64 << bucketBits]uint32
	n       uint64
}

// bucketBits gives 64 buckets for each power of two: a bucket's middle is
// within 0.8 % of what it holds.
const bucketBits = 6

func (l *latency) add(d time.Duration) {
	ns := uint64(max(d, 0))
	if ns < 1<<bucketBits {
		l.buckets[ns]++
	} else {
		shift := bits.Len64(ns) - 1 - bucketBits
		l.buckets[uint64(shift)<<bucketBits+ns>>shift]++
	}
	l.n++
}

// median returns 0 if there is nothing.
func (l *latency) median() time.Duration {
	if l.n == 0 {
		return 0
	}
	var below uint64
	for i, n := range l.buckets {
		if below += uint64(n); below > (l.n-1)/2 {
			return middle(i)
		}
	}
	return 0
}

// middle is the duration that stands for a bucket.
func middle(bucket int) time.Duration {
	shift := max(bucket>>bucketBits-1, 0)
	low := (bucket - shift<<bucketBits) << shift
	return time.Duration(low + 1<<shift/2)
}

// split compares connections before and after the one with the number at.
type split struct {
	at            uint64
	before, after latency
}

func (s *split) add(no uint64, d time.Duration) {
	if no <= s.at {
		s.before.add(d)
		return
	}
	s.after.add(d)
}
