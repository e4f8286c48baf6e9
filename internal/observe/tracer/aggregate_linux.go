package tracer

import (
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/cilium/ebpf"
)

func (t *Tracer) table(name string) (*ebpf.Map, error) {
	if t.maps == nil {
		return nil, os.ErrClosed
	}
	return t.maps.Maps[name], nil
}

// Aggregate returns all connections that ended so far, grouped, in no order,
// and how far that can be trusted. Calls may run while connections end: no
// count is ever lost. Groups beyond Options.Kept are put together, by and by,
// into one that is marked Other: the smaller and longest idle ones first.
func (t *Tracer) Aggregate() ([]Group, Coverage, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	other, err := t.table("other")
	if err != nil {
		return nil, Coverage{}, fmt.Errorf("read groups: %w", err)
	}
	rows, err := t.groups.all()
	if err != nil {
		return nil, Coverage{}, err
	}
	groups := make([]Group, 0, len(rows)+1)
	for key, row := range rows {
		groups = append(groups, groupOf(&key, &row))
	}
	var rest bpfGroup
	if err := other.Lookup(uint32(0), &rest); err != nil {
		return nil, Coverage{}, fmt.Errorf("read other groups: %w", err)
	}
	rest.merge(&t.groups.kept.rest)
	if rest.Closed > 0 {
		g := groupOf(&bpfGroupKey{}, &rest)
		g.Other = true
		groups = append(groups, g)
	}
	coverage, err := t.coverage()
	return groups, coverage, err
}

func groupOf(k *bpfGroupKey, v *bpfGroup) Group {
	return Group{
		Owner: processOf(bpfProcess(v.Owner)), Basis: Basis(k.Basis),
		Namespace: k.Netns, Inode: v.Inode,
		Origin: Origin(k.Origin), First: First(k.First), How: How(k.How),
		Closed: v.Closed, TimeWait: v.TimeWait, FinWait2: v.FinWait2,
		Sent: v.Sent, Received: v.Received,
		Life: time.Duration(v.Life), Born: v.Born, Last: time.Duration(v.Last),
	}
}

func processOf(p bpfProcess) Process {
	return Process{
		PID: int(p.Tgid), Start: time.Duration(p.Start), Name: nameOf(p.Name[:]),
		Parent: int(p.Parent), UID: p.Uid, Cgroup: p.Cgroup,
	}
}

// Coverage returns how much was seen so far, without the groups.
func (t *Tracer) Coverage() (Coverage, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.coverage()
}

// coverage wants mu to be held.
func (t *Tracer) coverage() (Coverage, error) {
	n, err := t.counts()
	if err != nil {
		return Coverage{}, err
	}
	c := Coverage{
		Since: t.since, Hooks: slices.Clone(t.hooks), Exact: t.exact,
		Closed: n.Closed, NoOwner: n.NoOwner, NoCloser: n.NoCloser, Evicted: n.Evicted,
		Other: n.Other + t.groups.kept.rest.Closed, Lost: n.Lost, Minis: n.Minis,
		UnknownListeners: n.ListenersFull, SharedListeners: n.Shared, Failures: n.Failures, LostFailures: n.FailuresFull,
		Untimed: n.Untimed,
	}
	if t.state != nil { // else nothing was attached yet
		stats, err := t.state.Stats()
		if err != nil {
			return Coverage{}, fmt.Errorf("read counts: %w", err)
		}
		c.Missed = stats.RecursionMisses
	}
	// Between the two readings of one that is just being made, fewer may be
	// made than joined.
	c.Unmatched = n.Minis - min(t.early+n.Joined, n.Minis)
	return c, nil
}
