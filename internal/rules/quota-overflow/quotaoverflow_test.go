package quotaoverflow_test

import (
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule/ruletest"
	quotaoverflow "github.com/linger-dev/linger/internal/rules/quota-overflow"
)

func counted(held, limit, ever, grown int64) *evidence.Snapshot {
	return ruletest.Snapshot(func(_ *evidence.Snapshot, ns *evidence.Namespace) {
		ns.Settings.MaxTWBuckets = evidence.IntOf(limit)
		ns.Counters = evidence.Counters{
			Sockstat: map[string]int64{"TCP.tw": held},
			TCP:      map[string]int64{"TCPTimeWaitOverflow": ever},
			Over:     time.Second,
		}
		if grown > 0 {
			ns.Counters.Growth = map[string]int64{"TCPTimeWaitOverflow": grown}
		}
		t := ruletest.Inbound("10.0.0.1:80", "10.0.0.2")
		ruletest.TimeWait(&t, int(max(held, 1)), 60, 0)
		ns.Tallies = []evidence.Tally{t}
	})
}

func TestOverflowOfTheLimitIsTold(t *testing.T) {
	ruletest.Run(t, quotaoverflow.Rule(), ruletest.Cases{
		"fires_while_it_grows":       counted(1000, 1000, 5000, 40),
		"fires_at_90_percent":        counted(900, 1000, 0, 0),
		"fires_mildly_afterwards":    counted(10, 1000, 3, 0),
		"silent_just_below":          counted(899, 1000, 0, 0),
		"silent_without_a_limit":     counted(1000, -1, 0, 0),
		"silent_if_nothing_was_read": ruletest.Snapshot(func(*evidence.Snapshot, *evidence.Namespace) {}),
	})
}
