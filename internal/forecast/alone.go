package forecast

import (
	"fmt"
	"hash/fnv"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/twin"
)

// stage is one group alone in its namespace, ready to be loaded into a twin. What
// the other groups have to do with it is in the ports that are bound, and in what
// they leave of the quota.
type stage struct {
	subject
	alone *evidence.Snapshot
	seed  uint64
}

func (b *Book) stage(s subject) *stage {
	ns := &evidence.Namespace{Name: s.ns.Name, ID: s.ns.ID, Settings: s.ns.Settings}
	bound := new(evidence.PortSet)
	for _, set := range []*evidence.PortSet{s.ns.Bound.Listening, s.ns.Bound.Accepted, s.ns.Bound.Idle, s.ns.Bound.Connected} {
		bound.Union(set)
	}
	ns.Bound.Idle = bound
	t := *s.tally
	t.Ports, t.TimeWaitPorts = without(s.tally.Ports, bound), without(s.tally.TimeWaitPorts, bound)
	ns.Tallies = []evidence.Tally{t}
	if ns.Settings.Timestamps.Is(0) { // what waits cannot be taken over then
		ns.Settings.TWReuse = evidence.IntOf(0)
	}
	ns.Settings.MaxTWBuckets = share(s.ns, &t)
	return &stage{
		subject: s,
		alone:   &evidence.Snapshot{Taken: b.snap.Taken, Host: b.snap.Host, Namespaces: []evidence.Namespace{*ns}},
		seed:    seedOf(b.snap, s.ns.Name, t.Key.String(), t.Ports.Len()),
	}
}

func without(set, those *evidence.PortSet) *evidence.PortSet {
	out := new(evidence.PortSet)
	for p := range set.All() {
		if !those.Has(p) {
			out.Add(p)
		}
	}
	return out
}

// share returns what the other groups leave of the quota of TIME_WAIT sockets if
// they stay as they are.
func share(ns *evidence.Namespace, t *evidence.Tally) evidence.Int {
	limit, ok := ns.Settings.MaxTWBuckets.Get()
	if !ok || limit < 0 {
		return evidence.IntOf(-1)
	}
	for i := range ns.Tallies {
		if o := &ns.Tallies[i]; o.Key != t.Key {
			limit -= int64(min(minis(o), 1<<31))
		}
	}
	return evidence.IntOf(max(0, limit))
}

func minis(t *evidence.Tally) uint64 { return t.States[tcp.TimeWait] + t.MiniFinWait2 }

// seedOf makes a seed of the evidence: the same evidence gives the same chances.
func seedOf(snap *evidence.Snapshot, parts ...any) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, snap.Taken.UnixNano(), snap.Host.Name)
	for _, p := range parts {
		fmt.Fprint(h, "/", p)
	}
	return h.Sum64()
}

// load returns a twin in the state of the stage, and the group in it.
func (s *stage) load(seed uint64) (*twin.Host, twin.GroupID, error) {
	if s.budget.Live < 0 || s.tally.Minute.Total() > 1<<16 {
		return nil, 0, fmt.Errorf("its numbers contradict each other")
	}
	h, err := twin.Load(s.alone, 0, twin.Options{Seed: s.seed + seed})
	if err != nil {
		return nil, 0, err
	}
	for id := range h.Groups() { // there is no other
		return h, id, nil
	}
	return nil, 0, fmt.Errorf("the group is not in the twin")
}
