package serverclosesfirst_test

import (
	"fmt"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule/ruletest"
	serverclosesfirst "github.com/linger-dev/linger/internal/rules/server-closes-first"
)

func server(clients, each int, edit func(*evidence.Namespace)) *evidence.Snapshot {
	return ruletest.Snapshot(func(s *evidence.Snapshot, ns *evidence.Namespace) {
		s.Owners = []evidence.Owner{ruletest.Process(812, "nginx", "S")}
		ns.Listeners = []evidence.Listener{ruletest.Listening("[::]:80", 5, 812)}
		for i := range clients {
			t := ruletest.Inbound("10.0.0.1:80", fmt.Sprintf("10.0.1.%d", i+1))
			ruletest.TimeWait(&t, each, 60, 0)
			ns.Tallies = append(ns.Tallies, t)
		}
		if edit != nil {
			edit(ns)
		}
	})
}

func TestAServerThatClosesFirstIsToldItsCost(t *testing.T) {
	outbound := ruletest.Outbound("10.0.0.1", "10.0.0.2:80")
	ruletest.TimeWait(&outbound, 2000, 60, 40000)
	ruletest.Run(t, serverclosesfirst.Rule(), ruletest.Cases{
		"fires_over_many_clients":  server(10, 100, nil),
		"fires_for_one_client":     server(1, 5000, nil),
		"fires_without_a_listener": server(1, 1000, func(ns *evidence.Namespace) { ns.Listeners = nil; ns.Tallies[0].Reason = evidence.ByLowerPort }),
		"silent_for_few":           server(9, 111, nil),
		"silent_for_outbound":      server(0, 0, func(ns *evidence.Namespace) { ns.Tallies = []evidence.Tally{outbound} }),
	})
}
