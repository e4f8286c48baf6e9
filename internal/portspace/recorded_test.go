package portspace_test

import (
	"os"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
)

// The recordings were made with `linger check --netns PID --save FILE` of the
// client of `linger demo`, which opens 60 connections a second on 1,000 ports.
func recorded(t *testing.T, path string) (*evidence.Namespace, *evidence.Tally) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader, err := evidence.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	snap, err := reader.Next()
	if err != nil {
		t.Fatal(err)
	}
	ns := &snap.Namespaces[0]
	return ns, &ns.Tallies[0]
}

func TestARecordedHalfFullRangeRunsOutWhenTheDemonstrationDid(t *testing.T) {
	ns, group := recorded(t, "testdata/half.linger")
	b := budgetOf(t, ns, group)
	if b.Left.Min != 1000-b.TimeWait-b.Live || b.TimeWait < 400 || b.Reuse.Allowed {
		t.Errorf("budget %+v", b)
	}
	p := portspace.Runout(&b, group)
	ideal := time.Duration(b.Left.Min) * time.Second / 60
	if p.Never || (p.In-ideal).Abs() > ideal/20 || p.Early > ideal || p.Late < ideal {
		t.Errorf("runs out in %v (%v to %v), but %d ports last %v at 60/s", p.In, p.Early, p.Late, b.Left.Min, ideal)
	}
}

func TestARecordedFullRangeIsOut(t *testing.T) {
	ns, group := recorded(t, "testdata/out.linger")
	b := budgetOf(t, ns, group)
	if !b.Out() || b.TimeWait != 1000 || b.Free != 0 {
		t.Errorf("budget %+v", b)
	}
	if p := portspace.Runout(&b, group); p.Never || p.In != 0 {
		t.Errorf("projection %+v", p)
	}
}
