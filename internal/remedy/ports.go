package remedy

import (
	"slices"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/tcp"
)

// ports makes the remedies for destinations that are, or will be, out of
// ports.
func (p *planner) ports() []draft {
	now, ok := worldOf(&p.snap.Host, p.ns, nil)
	if !ok {
		return nil
	}
	groups := p.scarce(&now)
	if len(groups) == 0 {
		return nil
	}
	out := p.programs(&now, groups)
	for _, make := range []func(*world, []group) (draft, bool){
		p.otherSide, p.wider, p.moreAddresses, p.noBind, p.timestamps, p.reuse, p.sooner,
	} {
		if d, ok := make(&now, groups); ok {
			out = append(out, d)
		}
	}
	return out
}

// scarce returns the groups that findings call short of ports, gravest first.
func (p *planner) scarce(now *world) []group {
	var groups []group
	for _, i := range p.of("ports-out", "ports-low") {
		g := group{finding: i}
		t := unused()
		if key := p.all[i].Subject.Key; key != nil {
			at := slices.IndexFunc(p.ns.Tallies, func(t evidence.Tally) bool { return t.Key == *key })
			if at < 0 {
				continue
			}
			t = &p.ns.Tallies[at]
			g.tally, g.rate = t, t.Minute.Rate().PerSecond
		}
		var ok bool
		if g.budget, ok = now.space.Budget(t); ok {
			groups = append(groups, g)
		}
	}
	return groups
}

// findings returns the indices of the findings behind groups.
func findings(groups []group) []int {
	var at []int
	for _, g := range groups {
		at = append(at, g.finding)
	}
	return at
}

// effects compares each group as it is with what edit makes of it in another
// world.
func effects(now, after *world, groups []group, edit func(*evidence.Tally) *evidence.Tally) []Effect {
	var out []Effect
	for _, g := range groups {
		t := g.tally
		if t == nil {
			t = unused()
		}
		e := Effect{Measure: Ports, Group: g.key(), Rate: g.rate}
		e.Before, _ = now.look(t)
		e.After, e.Ends = after.look(edit(t))
		out = append(out, e)
	}
	return out
}

func same(t *evidence.Tally) *evidence.Tally { return t }

// cause is what takes most ports of a group.
type cause uint8

const (
	byTimeWait cause = iota
	byLive
	byCloseWait
	byNobody // every port is reserved or bound
)

func causeOf(g *group) cause {
	switch b := &g.budget; {
	case g.tally == nil:
		return byNobody
	case g.tally.States[tcp.CloseWait] > uint64(b.Size/2):
		return byCloseWait
	case b.Live > b.TimeWait:
		return byLive
	}
	return byTimeWait
}

// by returns the groups with one of these causes.
func by(groups []group, causes ...cause) []group {
	var out []group
	for _, g := range groups {
		if slices.Contains(causes, causeOf(&g)) {
			out = append(out, g)
		}
	}
	return out
}

// where lists the destinations of groups.
func (p *planner) where(groups []group) string {
	var names []string
	for _, g := range groups {
		name := p.lang.F("every destination", "所有目的地")
		if g.tally != nil {
			name = rule.Endpoint(g.tally.Service())
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return list(names, p.lang)
}

// loopback reports whether tcp_tw_reuse 2 is enough for a group.
func loopback(g *group) bool {
	return g.tally != nil && (g.tally.Src.IsLoopback() || g.tally.Dst.IsLoopback())
}

// total sums the rates of groups.
func total(groups []group) float64 {
	var sum float64
	for _, g := range groups {
		sum += g.rate
	}
	return sum
}

// pressure is how many ports a group of rate closes per second needs so that
// twice the rate fits with a fifth to spare.
func pressure(now *world, g *group) float64 {
	return (float64(g.budget.Live) + 2*g.rate*now.held(&g.budget).Seconds()) / 0.8
}
