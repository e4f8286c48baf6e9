package view

import (
	"cmp"
	"slices"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/rule"
)

// ReportOf puts a snapshot and what was found in it together with the budgets
// of its outbound groups, the one that runs out first at the top. Groups
// without a budget (merged ones, or where the range could not be read) are
// left out.
func ReportOf(snap *evidence.Snapshot, findings []rule.Finding) Report {
	r := Report{Snapshot: snap, Findings: findings}
	for i := range snap.Namespaces {
		ns := &snap.Namespaces[i]
		space, ok := portspace.SpaceOf(ns)
		if !ok {
			continue
		}
		for j := range ns.Tallies {
			t := &ns.Tallies[j]
			if b, ok := space.Budget(t); ok {
				r.Groups = append(r.Groups, Group{Namespace: ns.Name, Tally: t, Budget: b, Projection: portspace.Runout(&b, t)})
			}
		}
	}
	slices.SortStableFunc(r.Groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.urgency(), b.urgency()), cmp.Compare(a.Budget.Left.Min, b.Budget.Left.Min))
	})
	return r
}

// urgency orders groups: out, running out by when, and the rest.
func (g *Group) urgency() int64 {
	if g.Projection.Never {
		return int64(g.Projection.Horizon) + 1
	}
	return int64(g.Projection.In)
}
