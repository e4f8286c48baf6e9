package finwait2orphans_test

import (
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule/ruletest"
	finwait2orphans "github.com/linger-dev/linger/internal/rules/fin-wait2-orphans"
	"github.com/linger-dev/linger/internal/tcp"
)

func client(mini, full, timeWait int, edit func(*evidence.Snapshot, *evidence.Namespace)) *evidence.Snapshot {
	return ruletest.Snapshot(func(s *evidence.Snapshot, ns *evidence.Namespace) {
		s.Owners = []evidence.Owner{ruletest.Process(77, "crawler", "S"), ruletest.Process(78, "leaky", "S")}
		t := ruletest.Outbound("10.0.0.1", "10.0.0.2:80")
		ruletest.Live(&t, tcp.FinWait2, mini+full, 40000)
		ruletest.Live(&t, tcp.Established, 1, 50000, 77)
		t.MiniFinWait2, t.Orphans[tcp.FinWait2] = uint64(mini), uint64(full)
		if timeWait > 0 {
			ruletest.TimeWait(&t, timeWait, 60, 42000)
		}
		ns.Tallies = []evidence.Tally{t}
		if edit != nil {
			edit(s, ns)
		}
	})
}

func TestOrphansAreToldWhenManyPeersDoNotClose(t *testing.T) {
	ruletest.Run(t, finwait2orphans.Rule(), ruletest.Cases{
		"fires_for_mini_sockets":                  client(100, 0, 0, nil),
		"fires_for_full_sockets_beside_time_wait": client(60, 40, 400, nil),
		"fires_and_names_the_other_end_on_this_host": client(200, 0, 0, func(_ *evidence.Snapshot, ns *evidence.Namespace) {
			peer := ruletest.Inbound("10.0.0.2:80", "10.0.0.1")
			ruletest.Live(&peer, tcp.CloseWait, 200, 0, 78)
			ns.Tallies = append(ns.Tallies, peer)
		}),
		"silent_for_99":                client(99, 0, 0, nil),
		"silent_when_most_peers_close": client(60, 40, 401, nil),
		"silent_for_half_closed_with_an_owner": client(0, 0, 0, func(_ *evidence.Snapshot, ns *evidence.Namespace) {
			ruletest.Live(&ns.Tallies[0], tcp.FinWait2, 500, 40000, 77)
		}),
	})
}
