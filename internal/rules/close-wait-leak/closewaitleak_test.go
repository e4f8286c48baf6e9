package closewaitleak_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule/ruletest"
	closewaitleak "github.com/linger-dev/linger/internal/rules/close-wait-leak"
	"github.com/linger-dev/linger/internal/tcp"
)

// server has one CLOSE_WAIT from each of n clients.
func server(n int, youngest, oldest time.Duration, edit func(*evidence.Snapshot, *evidence.Namespace)) *evidence.Snapshot {
	return ruletest.Snapshot(func(s *evidence.Snapshot, ns *evidence.Namespace) {
		s.Owners = []evidence.Owner{ruletest.Process(812, "shop", "S"), ruletest.Process(813, "shop", "S")}
		ns.Listeners = []evidence.Listener{ruletest.Listening("0.0.0.0:8080", 5, 812)}
		for i := range n {
			t := ruletest.Inbound("10.0.0.1:8080", fmt.Sprintf("10.0.1.%d", i+1))
			ruletest.Live(&t, tcp.CloseWait, 1, 0, 812)
			if oldest > 0 {
				t.CloseWait = evidence.CloseWait{Unread: 1, Oldest: oldest, Youngest: youngest, Known: 1}
			}
			ns.Tallies = append(ns.Tallies, t)
		}
		if edit != nil {
			edit(s, ns)
		}
	})
}

func TestLeaksAreToldFromConnectionsThatAreJustClosing(t *testing.T) {
	ruletest.Run(t, closewaitleak.Rule(), ruletest.Cases{
		"fires_when_even_the_youngest_waits": server(3, 5*time.Second, 9*time.Second, nil),
		"fires_for_one_socket_of_a_stopped_process": server(1, time.Second, time.Second, func(s *evidence.Snapshot, _ *evidence.Namespace) {
			s.Owners[0].State = "T"
		}),
		"fires_with_descriptors_shared_after_fork": server(4, time.Second, time.Hour, func(_ *evidence.Snapshot, ns *evidence.Namespace) {
			for i := range ns.Tallies {
				ns.Tallies[i].Holders[0].PIDs = []int{812, 813}
			}
		}),
		"fires_critically_when_nobody_accepts": server(3, 10*time.Second, 20*time.Second, func(s *evidence.Snapshot, ns *evidence.Namespace) {
			s.Owners[0].State = "t"
			ns.Listeners[0].Queue, ns.Listeners[0].Backlog = 3, 2
			for i := range ns.Tallies {
				t := &ns.Tallies[i]
				t.Holders, t.Orphans[tcp.CloseWait] = nil, 1
			}
		}),
		"fires_for_a_crowd_of_unknown_age": server(100, 0, 0, nil),
		"fires_for_a_client_that_leaks_one_to_each_service": ruletest.Snapshot(func(s *evidence.Snapshot, ns *evidence.Namespace) {
			s.Owners = []evidence.Owner{ruletest.Process(9, "bot", "S")}
			for i := range 5 {
				t := ruletest.Outbound("10.0.0.1", fmt.Sprintf("10.0.9.%d:443", i+1))
				ruletest.Live(&t, tcp.CloseWait, 1, 40000, 9)
				t.CloseWait.Learn(2 * time.Minute)
				ns.Tallies = append(ns.Tallies, t)
			}
		}),
		"silent_for_two_old_ones":           server(2, time.Hour, time.Hour, nil),
		"silent_when_the_youngest_is_fresh": server(3, 4999*time.Millisecond, 59*time.Second, nil),
		"silent_for_a_young_crowd":          server(120, time.Millisecond, time.Second, nil),
		"silent_for_99_of_unknown_age":      server(99, 0, 0, nil),
		"silent_without_any":                server(0, 0, 0, nil),
	})
}
