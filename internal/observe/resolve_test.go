package observe

import (
	"net/netip"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/netns"
	"github.com/linger-dev/linger/internal/observe/sockdiag/sockdiagtest"
)

// A host can have thousands of destinations that nobody is known to connect to,
// and each costs a walk over all sockets.
func TestLyingInWaitEndsInTheMiddleOfARound(t *testing.T) {
	o := &Observer{namespaces: []*watched{{ns: &netns.Namespace{ID: 7}, client: sockdiagtest.Serve(t).Client()}}}
	snap := &evidence.Snapshot{Namespaces: []evidence.Namespace{{ID: 7, Tallies: make([]evidence.Tally, 1000)}}}
	for i := range snap.Namespaces[0].Tallies {
		snap.Namespaces[0].Tallies[i].Key = evidence.Key{
			Direction: evidence.Outbound, Src: netip.MustParseAddr("10.0.0.1"), Dst: netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), Port: 80,
		}
	}
	everyone := func(string, evidence.Key) bool { return true }
	asked := 0
	tried, err := o.round(t.Context(), snap, everyone, func() bool { asked++; return asked > 3 })
	if err != nil || tried != 3 {
		t.Errorf("tried %d destinations, want 3: %v", tried, err)
	}
}
