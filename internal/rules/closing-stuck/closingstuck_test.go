package closingstuck_test

import (
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule/ruletest"
	closingstuck "github.com/linger-dev/linger/internal/rules/closing-stuck"
	"github.com/linger-dev/linger/internal/tcp"
)

func stuck(lastAck, closing int, edit func(*evidence.Namespace)) *evidence.Snapshot {
	return ruletest.Snapshot(func(s *evidence.Snapshot, ns *evidence.Namespace) {
		s.Owners = []evidence.Owner{ruletest.Process(812, "nginx", "S")}
		ns.Listeners = []evidence.Listener{ruletest.Listening("0.0.0.0:80", 5, 812)}
		ns.Counters.Sockstat = map[string]int64{"TCP.orphan": int64(lastAck + closing)}
		for i, dst := range []string{"10.0.1.1", "10.0.1.2"} {
			t := ruletest.Inbound("10.0.0.1:80", dst)
			ruletest.Live(&t, tcp.LastAck, lastAck/2+i*(lastAck%2), 0)
			ruletest.Live(&t, tcp.Closing, closing/2+i*(closing%2), 0)
			ns.Tallies = append(ns.Tallies, t)
		}
		if edit != nil {
			edit(ns)
		}
	})
}

func TestUnacknowledgedFinsAreToldWhenTheyPileUp(t *testing.T) {
	ruletest.Run(t, closingstuck.Rule(), ruletest.Cases{
		"fires_for_last_ack": stuck(100, 0, nil),
		"fires_for_closing_beside_fin_wait1": stuck(1, 120, func(ns *evidence.Namespace) {
			ns.Tallies[0].Orphans[tcp.FinWait1] = 30
			ns.Settings.OrphanRetries = evidence.IntOf(2)
		}),
		"silent_for_99":      stuck(50, 49, nil),
		"silent_without_any": stuck(0, 0, nil),
	})
}
