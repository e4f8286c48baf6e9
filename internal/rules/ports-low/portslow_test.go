package portslow_test

import (
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule/ruletest"
	portslow "github.com/linger-dev/linger/internal/rules/ports-low"
	"github.com/linger-dev/linger/internal/tcp"
)

// closing has n TIME_WAIT ports made over the last seconds, and live ones.
func closing(n, seconds, live int) *evidence.Snapshot {
	return ruletest.Snapshot(func(s *evidence.Snapshot, ns *evidence.Namespace) {
		ns.Settings.PortLow, ns.Settings.PortHigh = evidence.IntOf(40000), evidence.IntOf(40999)
		s.Owners = []evidence.Owner{ruletest.Process(77, "crawler", "S")}
		ns.Listeners = []evidence.Listener{ruletest.Listening("0.0.0.0:22", 5), ruletest.Listening("[::]:8080", 6)}
		t := ruletest.Outbound("10.0.0.1", "10.0.0.2:80")
		if n > 0 {
			ruletest.TimeWait(&t, n, seconds, 40000)
		}
		ruletest.Live(&t, tcp.Established, live, 40000+uint16(n), 77)
		ns.Tallies = []evidence.Tally{t}
	})
}

func TestLowPortsAreForeseenAndNotCriedOverWithoutNeed(t *testing.T) {
	ruletest.Run(t, portslow.Rule(), ruletest.Cases{
		"fires_when_the_rate_exhausts_the_range": closing(600, 30, 3),
		"fires_when_live_connections_fill_it":    closing(0, 0, 801),
		"fires_when_it_is_nearly_full":           closing(810, 60, 0),
		"silent_at_exactly_80_percent_live":      closing(0, 0, 800),
		"silent_at_a_rate_that_fits":             closing(600, 60, 3),
		"silent_without_connections":             ruletest.Snapshot(func(*evidence.Snapshot, *evidence.Namespace) {}),
	})
}
