package evidence_test

import (
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

func TestAMakerIsExactOnlyForWhatWasSeen(t *testing.T) {
	tally := evidence.Tally{
		Key:          evidence.Key{Direction: evidence.Outbound},
		States:       evidence.Counts{tcp.TimeWait: 10, tcp.FinWait2: 3, tcp.LastAck: 2, tcp.SynRecv: 4},
		MiniFinWait2: 2,
		Orphans:      evidence.Counts{tcp.LastAck: 2, tcp.SynRecv: 4},
		Made: []evidence.Made{
			{PIDs: []int{8}, Processes: 1, States: evidence.Counts{tcp.TimeWait: 5}},
			{PIDs: []int{9, 8}, Processes: 2, States: evidence.Counts{tcp.LastAck: 1}},
		},
	}
	ns := evidence.Namespace{Tallies: []evidence.Tally{tally}}
	m := ns.MakerOf(&tally)
	if m.Basis != evidence.FromLedger || m.Basis.Inferred() || m.Covered != 6 || m.Of != 14 || len(m.PIDs) != 2 {
		t.Errorf("%+v", m)
	}
	if rest := ns.InferMaker(&tally); rest.Basis != evidence.FromYounger || !rest.Basis.Inferred() || rest.PIDs[0] != 8 {
		t.Errorf("of the rest: %+v", rest)
	}
	snap := evidence.Snapshot{Namespaces: []evidence.Namespace{ns, ns}}
	if covered, of := snap.Covered(); covered != 12 || of != 28 {
		t.Errorf("%d of %d", covered, of)
	}
}

func TestAQuantileIsTheBoundOfItsClass(t *testing.T) {
	c := evidence.Connects{Micros: []uint64{0, 0, 0, 0, 90, 0, 0, 0, 0, 10}} // 16 to 32 µs, and 512 to 1024
	for share, want := range map[float64]time.Duration{0.5: 32 * time.Microsecond, 0.9: 32 * time.Microsecond, 0.91: 1024 * time.Microsecond, 1: 1024 * time.Microsecond} {
		if got := c.Quantile(share); got != want {
			t.Errorf("%v: %v, want %v", share, got, want)
		}
	}
	if c.Count() != 100 || new(evidence.Connects).Quantile(0.5) != 0 {
		t.Error("counted wrongly")
	}
}
