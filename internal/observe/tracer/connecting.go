package tracer

import (
	"net/netip"
	"time"
)

// Buckets is how many buckets a Latency has.
const Buckets = 24

// Latency is a histogram of durations. Its counts only grow, so that the
// difference of two readings is the time between them (Since).
type Latency struct {
	// Buckets counts durations by the number of binary digits that they have in
	// whole microseconds: bucket 0 those below 1 µs, bucket n those from
	// 2^(n-1) µs on and below 2^n µs. The last one has no end (from 4.2 s on).
	Buckets [Buckets]uint64 `json:"buckets"`
	Count   uint64          `json:"count"`
	Sum     time.Duration   `json:"sum_ns"`
}

// Bound returns the end of bucket n: all durations in it are shorter, but for
// the last bucket.
func Bound(n int) time.Duration { return time.Microsecond << n }

// Quantile returns the end of the bucket in which the q-th part of the
// durations, from 0 to 1, is reached: they are below it, and not below its
// half. It is 0 if there are none.
func (l *Latency) Quantile(q float64) time.Duration {
	rank := max(uint64(q*float64(l.Count)+0.5), 1)
	for n, count := range l.Buckets {
		if count >= rank {
			return Bound(n)
		}
		rank -= count
	}
	return 0
}

// Add adds durations of another destination, or of another time.
func (l *Latency) Add(more *Latency) {
	for n := range l.Buckets {
		l.Buckets[n] += more.Buckets[n]
	}
	l.Count += more.Count
	l.Sum += more.Sum
}

// Since returns what came after an earlier reading of the same destination. If
// that is not one, because the destination was forgotten in between and began
// anew, it returns all of l.
func (l *Latency) Since(earlier *Latency) Latency {
	later := *l
	for n := range later.Buckets {
		if later.Buckets[n] < earlier.Buckets[n] {
			return *l
		}
		later.Buckets[n] -= earlier.Buckets[n]
	}
	later.Count -= earlier.Count
	later.Sum -= earlier.Sum
	return later
}

// Connecting says how long connect() took to send its SYN to one destination.
// That is mostly the search for a local port, which grows from some
// microseconds to milliseconds when half of the range is taken there: the
// kernel looks at all ports of one parity before it tries the other.
//
// It begins where the socket goes to SYN_SENT, and ends where the timer starts
// that would send the SYN again. Beside the search that is the way of the SYN
// down to the device, but not the network's time. On the loopback device, and
// veth, where sending is receiving, it holds also what the peer does until it
// has answered. Without a search, 4 µs toward a device and 8 µs on loopback were
// measured on 6.18, and 2 ms where 8000 ports were taken in vain. A task that
// is preempted meanwhile looks slow as well.
//
// Not counted are connections from a port that the program bound, those of TCP
// Fast Open, and those that failed for another reason before the SYN was sent.
type Connecting struct {
	Namespace uint64         `json:"netns_cookie"`
	Inode     uint32         `json:"netns"` // of the namespace in nsfs
	Addr      netip.AddrPort `json:"addr"`
	Other     bool           `json:"other,omitempty"` // all destinations that had no room: nothing above is known

	Latency                  // of connections that got a port
	Failed     uint64        `json:"failed"`    // those that got none: EADDRNOTAVAIL
	FailedTime time.Duration `json:"failed_ns"` // sum over Failed: the time of searches in vain
	Last       time.Duration `json:"last_ns"`   // since boot
}
