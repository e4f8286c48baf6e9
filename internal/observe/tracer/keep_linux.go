package tracer

import (
	"errors"
	"fmt"
	"time"
)

// Groups and destinations are emptied into this process when so much of a
// window is taken, as is seen this often.
const (
	tooFull    = 0.5
	keepPeriod = time.Second
)

type (
	groupWindow  = window[bpfGroupKey, bpfGroup, *bpfGroup]
	searchWindow = window[bpfSearchKey, bpfSearch, *bpfSearch]
)

func (g *bpfGroup) merge(from *bpfGroup) {
	g.Closed += from.Closed
	g.TimeWait += from.TimeWait
	g.FinWait2 += from.FinWait2
	g.Sent += from.Sent
	g.Received += from.Received
	g.Life += from.Life
	g.Born += from.Born
	g.Last = max(g.Last, from.Last)
}

func (g *bpfGroup) size() uint64 { return g.Closed }
func (g *bpfGroup) at() uint64   { return g.Last }

func (s *bpfSearch) merge(from *bpfSearch) {
	for n := range s.Buckets {
		s.Buckets[n] += from.Buckets[n]
	}
	s.Count += from.Count
	s.Time += from.Time
	s.Failed += from.Failed
	s.FailedTime += from.FailedTime
	s.Last = max(s.Last, from.Last)
}

func (s *bpfSearch) size() uint64 { return s.Count + s.Failed }
func (s *bpfSearch) at() uint64   { return s.Last }

// keep empties windows that fill, until Close. What the kernel has no room for
// meanwhile it counts as other.
func (t *Tracer) keep() {
	defer close(t.kept)
	tick := time.NewTicker(keepPeriod)
	defer tick.Stop()
	for {
		select {
		case <-t.closing:
			return
		case <-tick.C:
			// An error is one that Aggregate finds as well, and tells.
			_ = t.relieve(tooFull)
		}
	}
}

// relieve empties the windows that are at least as full as that.
func (t *Tracer) relieve(full float64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, err := t.counts()
	if err != nil {
		return err
	}
	var errs []error
	if t.groups.fullness(n.Groups) >= full {
		errs = append(errs, t.groups.empty())
		t.groups.begun = n.Groups
	}
	if t.searches.fullness(n.Searches) >= full {
		errs = append(errs, t.searches.empty())
		t.searches.begun = n.Searches
	}
	return errors.Join(errs...)
}

// counts adds up what the processors count.
func (t *Tracer) counts() (bpfCounts, error) {
	table, err := t.table("cpus")
	if err != nil {
		return bpfCounts{}, fmt.Errorf("read counts: %w", err)
	}
	var cpus []bpfCpu
	if err := table.Lookup(uint32(0), &cpus); err != nil {
		return bpfCounts{}, fmt.Errorf("read counts: %w", err)
	}
	var sum bpfCounts
	for i := range cpus {
		n := bpfCounts(cpus[i].Counts)
		sum.Closed += n.Closed
		sum.Evicted += n.Evicted
		sum.NoCloser += n.NoCloser
		sum.NoOwner += n.NoOwner
		sum.Minis += n.Minis
		sum.Joined += n.Joined
		sum.Other += n.Other
		sum.Lost += n.Lost
		sum.ListenersFull += n.ListenersFull
		sum.Shared += n.Shared
		sum.Failures += n.Failures
		sum.FailuresFull += n.FailuresFull
		sum.Groups += n.Groups
		sum.Searches += n.Searches
		sum.Untimed += n.Untimed
	}
	return sum, nil
}
