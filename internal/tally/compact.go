package tally

import (
	"slices"

	"github.com/linger-dev/linger/internal/evidence"
)

// compact makes room for new groups: it merges the smaller half into "others"
// groups, one per direction, local address and service port. Large groups
// survive a flood of small ones; what is merged stays in every sum.
func (f *Folder) compact() {
	totals := make([]uint64, 0, len(f.groups))
	for _, g := range f.groups {
		totals = append(totals, g.States.Total())
	}
	slices.Sort(totals)
	limit := totals[len(totals)/2]
	others := make(map[key]*group)
	for k, g := range f.groups {
		if k.others || g.States.Total() <= limit {
			delete(f.groups, k)
			f.merge(others, k, g)
		}
	}
	// A flood of service ports or local addresses makes as many "others":
	// give up these distinctions as well.
	if len(others) > f.opts.MaxGroups/4 {
		few := make(map[key]*group)
		for k, g := range others {
			f.mergeInto(few, key{direction: k.direction, others: true}, g)
		}
		others = few
	}
	for k, g := range others {
		f.groups[k] = g
	}
	f.recent = [recentGroups]*group{}
}

func (f *Folder) merge(others map[key]*group, k key, g *group) {
	if !k.others {
		f.folded++
		g.Merged = 1
	}
	f.mergeInto(others, key{src: k.src, port: k.port, direction: k.direction, others: true}, g)
}

func (f *Folder) mergeInto(others map[key]*group, k key, g *group) {
	into := others[k]
	if into == nil {
		into = newGroup(k)
		into.Ports, into.TimeWaitPorts, into.ReusablePorts = nil, nil, nil
		others[k] = into
	}
	into.Reason = max(into.Reason, g.Reason)
	into.States.Add(&g.States)
	into.Orphans.Add(&g.Orphans)
	into.Minute.Add(&g.Minute)
	into.MiniFinWait2 += g.MiniFinWait2
	into.CloseWait.Merge(&g.CloseWait)
	into.Merged += g.Merged
	into.held = append(into.held, g.held...)
	g.into = into
	for _, m := range g.made {
		f.makes--
		f.join(into, m)
	}
}

// Inodes returns the inodes of the live sockets of the wanted groups.
func (f *Folder) Inodes(want func(*evidence.Tally) bool) map[uint64]struct{} {
	inodes := make(map[uint64]struct{})
	for _, g := range f.groups {
		if !want(&g.Tally) {
			continue
		}
		for _, h := range g.held {
			inodes[h.inode] = struct{}{}
		}
	}
	return inodes
}

// Holders returns who holds the remembered sockets of a group, given the
// processes by inode; those with most sockets first. Sockets whose inode has
// no process are listed under none.
func (f *Folder) Holders(k evidence.Key, pids map[uint64][]int) []evidence.Holding {
	g := f.groups[keyFrom(k)]
	if g == nil {
		return nil
	}
	var holders []evidence.Holding
	for _, h := range g.held {
		i := slices.IndexFunc(holders, func(o evidence.Holding) bool { return slices.Equal(o.PIDs, pids[h.inode]) })
		if i < 0 {
			i = len(holders)
			holders = append(holders, evidence.Holding{PIDs: pids[h.inode]})
		}
		holders[i].States[h.state]++
	}
	slices.SortStableFunc(holders, func(a, b evidence.Holding) int {
		return int(b.States.Total()) - int(a.States.Total())
	})
	return holders
}

func keyFrom(k evidence.Key) key {
	out := key{port: k.Port, direction: k.Direction, others: k.Others()}
	if k.Src.IsValid() {
		out.src = evidence.AddrOf(k.Src)
	}
	if k.Dst.IsValid() {
		out.dst = evidence.AddrOf(k.Dst)
	}
	return out
}
