package portspace_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
)

func TestAnAccountSpendsEveryPortOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := func(name string) *evidence.PortSet {
			return evidence.PortSetOf(rapid.SliceOfN(rapid.Uint16Range(2000, 2100), 0, 40).Draw(t, name)...)
		}
		settings := evidence.Settings{TWReuse: evidence.IntOf(rapid.Int64Range(0, 2).Draw(t, "reuse")), Reserved: set("reserved")}
		u := &evidence.PortUse{
			Range: evidence.PortRange{Low: 2010, High: 2010 + rapid.Uint16Range(0, 80).Draw(t, "size")}, Exact: rapid.Bool().Draw(t, "exact"),
			Bound: set("bound"), Listening: set("listening"), Idle: set("idle"), Live: set("live"), FinWait2: set("fin_wait2"),
		}
		for p := range set("waiting").All() {
			u.Waiting = append(u.Waiting, evidence.PortWait{Port: p, Age: time.Duration(p%3) * time.Second, Stamped: evidence.TriOf(p%2 == 0)})
		}
		a := portspace.AccountOf(&settings, u, src, dst)
		if sum := a.Reserved + a.Bound() + a.Live + a.FinWait2 + a.TimeWait() + a.Free; sum != a.Size {
			t.Fatalf("%d of %d ports are spent: %+v", sum, a.Size, a)
		}
		if a.Left.Min < 0 || a.Left.Max > a.Free+a.Reusable || a.Left.Max-a.Left.Min > 1 || a.Left.Max < a.Free+a.Reusable-1 {
			t.Fatalf("left %+v of %d free and %d reusable", a.Left, a.Free, a.Reusable)
		}
		if a.Probes < 1 || a.Probes > a.Size+1 {
			t.Fatalf("a search looks at %d of %d ports", a.Probes, a.Size)
		}
		b := a.Budget(evidence.Key{})
		if b.Size != b.Reserved+b.Bound+b.Live+b.TimeWait+b.Free {
			t.Fatalf("the budget does not sum up: %+v", b)
		}
	})
}

func TestOldConnectionsWithTimestampsCountEvenIfThoseAreOffNow(t *testing.T) {
	settings := evidence.Settings{TWReuse: evidence.IntOf(1), Timestamps: evidence.IntOf(0)}
	u := &evidence.PortUse{Range: evidence.PortRange{Low: 2000, High: 2003}, Exact: true, Waiting: []evidence.PortWait{
		{Port: 2000, Age: 5 * time.Second, Left: 55 * time.Second, Stamped: evidence.Yes},
		{Port: 2001, Age: 5 * time.Second, Left: 55 * time.Second, Stamped: evidence.No},
		{Port: 2002, Age: 100 * time.Millisecond, Left: 59 * time.Second, Stamped: evidence.Yes},
	}}
	a := portspace.AccountOf(&settings, u, src, dst)
	if a.Reusable != 1 || a.Blocked != 1 || a.Young != 1 || a.Free != 1 || a.Next != 900*time.Millisecond || !a.Timed {
		t.Errorf("%+v", a)
	}
}

func TestASearchPassesOneParityBeforeTheOther(t *testing.T) {
	u := &evidence.PortUse{Range: evidence.PortRange{Low: 2000, High: 2099}, Live: new(evidence.PortSet)}
	probes := func() int { return portspace.AccountOf(&evidence.Settings{}, u, src, dst).Probes }
	if got := probes(); got != 1 {
		t.Errorf("an empty range: %d", got)
	}
	for p := uint16(2000); p < 2100; p += 2 {
		u.Live.Add(p)
	}
	if got := probes(); got != 51 {
		t.Errorf("half of it full: %d, want all of the first parity and one", got)
	}
	for p := uint16(2001); p < 2100; p += 2 {
		u.Live.Add(p)
	}
	if got := probes(); got != 100 {
		t.Errorf("full: %d", got)
	}
}
