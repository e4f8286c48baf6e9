package closes

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe/tracer"
)

// searches turns counts of connect() that only grow into those of the last one
// or two minutes: what was slow an hour ago is no finding now.
type searches struct {
	since     time.Time // when late was read
	old, late map[place]reading
}

type place struct {
	netns uint64
	addr  netip.AddrPort
}

type reading struct {
	latency tracer.Latency
	failed  uint64
}

// in returns what there is of one namespace, most calls first.
func (s *searches) in(netns uint64, now time.Time, all []tracer.Connecting) []evidence.Connects {
	const window = time.Minute
	if s.since.IsZero() {
		s.since = now
	} else if now.Sub(s.since) >= window {
		s.since, s.old, s.late = now, s.late, make(map[place]reading, len(all))
		for i := range all {
			c := &all[i]
			s.late[place{c.Namespace, c.Addr}] = reading{c.Latency, c.Failed}
		}
	}
	var out []evidence.Connects
	for i := range all {
		c := &all[i]
		if c.Other || c.Namespace != netns {
			continue
		}
		before := s.old[place{c.Namespace, c.Addr}]
		recent := c.Since(&before.latency)
		one := evidence.Connects{Addr: c.Addr, Micros: micros(&recent), Failed: c.Failed - min(before.failed, c.Failed)}
		if one.Count()+one.Failed > 0 {
			out = append(out, one)
		}
	}
	slices.SortFunc(out, func(a, b evidence.Connects) int {
		return cmp.Or(cmp.Compare(b.Count(), a.Count()), a.Addr.Compare(b.Addr))
	})
	return out
}

// micros puts the tracer's buckets, of which the first is below 1 µs, into
// evidence's classes, of which the first is below 2 µs.
func micros(l *tracer.Latency) []uint64 {
	classes := append([]uint64{l.Buckets[0] + l.Buckets[1]}, l.Buckets[2:]...)
	for len(classes) > 0 && classes[len(classes)-1] == 0 {
		classes = classes[:len(classes)-1]
	}
	return classes
}
