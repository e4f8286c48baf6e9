package portspace_test

import (
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/tcp"
)

func TestABindLeavesAMarkOnlyWhereOthersKeepTheBucket(t *testing.T) {
	automatic := &evidence.PortHolders{
		Exact:   true,
		Holders: []evidence.Holder{{Addr: src, State: tcp.TimeWait, Mini: true, Explicit: evidence.No}},
		Buckets: []evidence.Bucket{{FastReuse: -1, FastReusePort: -1}},
	}
	shared := &evidence.PortHolders{
		Exact:   true,
		Holders: []evidence.Holder{{Addr: own, State: tcp.Listen, ReusePort: evidence.Yes, UID: 1000, UIDKnown: true}},
		Buckets: []evidence.Bucket{{FastReusePort: 1, FastUID: 1000, FastAddr: own}},
	}
	sharing := bindTo(own)
	sharing.ReusePort = true
	old := portspace.RulesOf("6.12.1", &evidence.Settings{})
	for name, c := range map[string]struct {
		rules portspace.Rules
		req   portspace.Request
		held  *evidence.PortHolders
		want  bool
	}{
		"a free port": {newly, sharing, &evidence.PortHolders{Exact: true}, false},
		"before 6.18 connect() then shuns the port": {old, bindTo(own), automatic, true},
		"since 6.18 it forgives":                    {newly, bindTo(own), automatic, false},
		"SO_REUSEPORT is remembered":                {newly, sharing, automatic, true},
		"what is there already":                     {newly, sharing, shared, false},
	} {
		if got := portspace.Marks(c.rules, c.req, c.held); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
