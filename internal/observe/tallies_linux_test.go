package observe_test

import (
	"fmt"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// counted is what a namespace's tallies say, or should say.
type counted struct {
	all   evidence.Counts
	byKey map[evidence.Key]evidence.Counts
	minis uint64          // mini-sockets: what the kernel counts as tw
	inuse map[bool]uint64 // full sockets by whether they are IPv6; nil in tallies
}

// countSS folds the lines of ss, whose connections but those in SYN_SENT are
// all inbound in EveryState.
func countSS(said map[uint64]told) counted {
	c := counted{byKey: make(map[evidence.Key]evidence.Counts), inuse: make(map[bool]uint64)}
	for _, one := range said {
		row := one.row
		if row.State == tcp.Close {
			continue // a newer ss lists them: they are no connections
		}
		c.all[row.State]++
		if row.Timer == evidence.TimerTimeWait {
			c.minis++
		} else if row.State != tcp.SynRecv {
			c.inuse[row.V6]++ // request socks are in no protocol's count either
		}
		if row.State == tcp.Listen {
			continue
		}
		key := evidence.Key{Direction: evidence.Inbound, Src: row.Src.Addr().Unmap(), Dst: row.Dst.Addr().Unmap(), Port: row.Src.Port()}
		if row.State == tcp.SynSent {
			key.Direction, key.Port = evidence.Outbound, row.Dst.Port()
		}
		counts := c.byKey[key]
		counts[row.State]++
		c.byKey[key] = counts
	}
	return c
}

func countTallies(ns *evidence.Namespace) counted {
	c := counted{byKey: make(map[evidence.Key]evidence.Counts)}
	for i := range ns.Tallies {
		t := &ns.Tallies[i]
		c.all.Add(&t.States)
		c.byKey[t.Key] = t.States
		c.minis += t.States[tcp.TimeWait] + t.MiniFinWait2
	}
	c.all[tcp.Listen] = uint64(len(ns.Listeners))
	return c
}

func TestKernelTalliesAgreeWithSs(t *testing.T) {
	t.Parallel()
	host := everyState(t)
	snap, err := watch(t, host).Look(t.Context())
	must(t, err)
	ns := &snap.Namespaces[0]
	got, want, stat := countTallies(ns), countSS(ssLines(t, host)), sockstat(t, host)
	if got.all != want.all {
		t.Errorf("linger counts %v, ss %v", got.all, want.all)
	}
	if fmt.Sprint(got.byKey) != fmt.Sprint(want.byKey) {
		t.Errorf("linger tallies\n%v\nss lists\n%v", got.byKey, want.byKey)
	}
	if got.minis != want.minis || got.minis != stat["TCP:tw"] || ns.Counters.Sockstat["TCP.tw"] != int64(got.minis) {
		t.Errorf("mini-sockets: linger counts %d and reads %v; ss %d; the kernel %v", got.minis, ns.Counters.Sockstat, want.minis, stat)
	}
	if stat["TCP:inuse"] != want.inuse[false] || stat["TCP6:inuse"] != want.inuse[true] {
		t.Errorf("ss lists %v full sockets, by whether they are IPv6; the kernel counts %v", want.inuse, stat)
	}
	if kernel(t).AtLeast(6, 8) && ns.Bound.Idle.String() != "8004,8006,8046" {
		t.Errorf("linger says %q is bound and idle", ns.Bound.Idle)
	}
}
