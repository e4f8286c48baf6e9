package connectslow_test

import (
	"net/netip"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule/ruletest"
	connectslow "github.com/linger-dev/linger/internal/rules/connect-slow"
)

// took returns n calls toward addr in class 2^class to 2^(class+1) µs.
func took(addr string, n uint64, class int) evidence.Connects {
	c := evidence.Connects{Addr: netip.MustParseAddrPort(addr), Micros: make([]uint64, class+1)}
	c.Micros[class] = n
	return c
}

func seen(ports int, connects ...evidence.Connects) *evidence.Snapshot {
	return ruletest.Snapshot(func(s *evidence.Snapshot, ns *evidence.Namespace) {
		s.Traced = &evidence.Traced{Since: s.Taken.Add(-3e9), Exact: true}
		ns.Settings.TWReuse = evidence.IntOf(0)
		ns.Connects = connects
		to := ruletest.Outbound("10.0.0.1", "10.0.0.2:5432")
		ruletest.TimeWait(&to, ports, 60, 32768)
		ns.Tallies = append(ns.Tallies, to)
	})
}

func TestRule(t *testing.T) {
	ruletest.Run(t, connectslow.Rule(), ruletest.Cases{
		"fires_beside_quick_ones":          seen(15000, took("10.0.0.2:5432", 900, 12), took("10.0.0.3:80", 500, 4)),
		"fires_with_nothing_to_compare":    seen(15000, took("10.0.0.2:5432", 20, 10)),
		"silent_when_all_are_slow":         seen(15000, took("10.0.0.2:5432", 900, 12), took("10.0.0.3:80", 500, 12)),
		"silent_below_half_of_the_range":   seen(14000, took("10.0.0.2:5432", 900, 12)),
		"silent_with_too_few_calls":        seen(15000, took("10.0.0.2:5432", 19, 12)),
		"silent_while_quick":               seen(15000, took("10.0.0.2:5432", 900, 8)),
		"silent_about_another_destination": seen(15000, took("10.0.0.9:80", 900, 12)),
	})
}
