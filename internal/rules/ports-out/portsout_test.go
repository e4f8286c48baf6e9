package portsout_test

import (
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule/ruletest"
	portsout "github.com/linger-dev/linger/internal/rules/ports-out"
	"github.com/linger-dev/linger/internal/tcp"
)

// client has a narrow range and closes first toward one service.
func client(timeWait, live int, edit func(*evidence.Namespace, *evidence.Tally)) *evidence.Snapshot {
	return ruletest.Snapshot(func(s *evidence.Snapshot, ns *evidence.Namespace) {
		ns.Settings.PortLow, ns.Settings.PortHigh = evidence.IntOf(40000), evidence.IntOf(40099)
		s.Owners = []evidence.Owner{ruletest.Process(77, "crawler", "S")}
		t := ruletest.Outbound("10.0.0.1", "10.0.0.2:80")
		ruletest.TimeWait(&t, timeWait, 20, 40000)
		ruletest.Live(&t, tcp.Established, live, 40000+uint16(timeWait), 77)
		if edit != nil {
			edit(ns, &t)
		}
		ns.Tallies = []evidence.Tally{t}
	})
}

func TestOutOfPortsIsSaidExactlyWhenTheNextConnectMustFail(t *testing.T) {
	ruletest.Run(t, portsout.Rule(), ruletest.Cases{
		"fires_all_in_time_wait": client(98, 2, nil),
		"fires_in_a_named_namespace_with_reserved_ports": client(90, 2, func(ns *evidence.Namespace, _ *evidence.Tally) {
			ns.Name = "blue"
			ns.Settings.Reserved = evidence.PortSetOf(40092, 40093, 40094, 40095, 40096, 40097, 40098, 40099)
		}),
		"fires_when_every_port_is_bound": ruletest.Snapshot(func(_ *evidence.Snapshot, ns *evidence.Namespace) {
			ns.Settings.PortLow, ns.Settings.PortHigh = evidence.IntOf(40000), evidence.IntOf(40003)
			ns.Settings.Reserved = evidence.PortSetOf(40000)
			ns.Bound.Idle = evidence.PortSetOf(40001, 40002)
			ns.Bound.Listening = evidence.PortSetOf(40002, 40003)
		}),
		"fires_with_timestamps_off": client(98, 2, func(ns *evidence.Namespace, _ *evidence.Tally) {
			ns.Settings.Timestamps = evidence.IntOf(0)
		}),
		"silent_with_one_port_free": client(97, 2, nil),
		"silent_with_one_port_reusable": client(98, 2, func(ns *evidence.Namespace, t *evidence.Tally) {
			ns.Settings.TWReuse = evidence.IntOf(1)
			t.ReusablePorts.Add(40000)
		}),
		"silent_without_a_known_range": client(98, 2, func(ns *evidence.Namespace, _ *evidence.Tally) {
			ns.Settings.PortLow = evidence.Int{State: evidence.Unreadable}
		}),
	})
}
