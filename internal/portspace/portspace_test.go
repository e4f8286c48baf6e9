package portspace_test

import (
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
)

var (
	src = netip.MustParseAddr("10.0.0.1")
	dst = netip.MustParseAddr("10.0.0.2")
)

func namespace(low, high int64) *evidence.Namespace {
	ns := &evidence.Namespace{}
	ns.Settings.PortLow, ns.Settings.PortHigh = evidence.IntOf(low), evidence.IntOf(high)
	ns.Settings.TWReuse, ns.Settings.Timestamps = evidence.IntOf(2), evidence.IntOf(1)
	return ns
}

func outbound(ports, timeWait, reusable *evidence.PortSet) *evidence.Tally {
	return &evidence.Tally{
		Key:   evidence.Key{Direction: evidence.Outbound, Src: src, Dst: dst, Port: 80},
		Ports: ports, TimeWaitPorts: timeWait, ReusablePorts: reusable,
	}
}

func budgetOf(t *testing.T, ns *evidence.Namespace, group *evidence.Tally) portspace.Budget {
	t.Helper()
	b, ok := portspace.Of(ns, group)
	if !ok {
		t.Fatal("no budget")
	}
	return b
}

func TestEveryPortOfTheRangeIsSpentOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.Int64Range(1024, 2000).Draw(t, "low")
		ns := namespace(low, low+rapid.Int64Range(0, 80).Draw(t, "size"))
		set := func(name string) *evidence.PortSet {
			return evidence.PortSetOf(rapid.SliceOfN(rapid.Uint16Range(1000, 2100), 0, 60).Draw(t, name)...)
		}
		ns.Settings.Reserved, ns.Bound.Listening, ns.Bound.Idle = set("reserved"), set("listening"), set("idle")
		ports, tw, reusable := set("ports"), new(evidence.PortSet), new(evidence.PortSet)
		for p := range ports.All() {
			if p%2 == 0 {
				tw.Add(p)
			}
			if p%4 == 0 {
				reusable.Add(p)
			}
		}
		b, ok := portspace.Of(ns, outbound(ports, tw, reusable))
		if !ok {
			t.Fatal("no budget")
		}
		if sum := b.Reserved + b.Bound + b.Live + b.TimeWait + b.Free; sum != b.Size {
			t.Fatalf("parts sum to %d of %d: %+v", sum, b.Size, b)
		}
		if b.Left.Min < 0 || b.Left.Max < b.Left.Min || b.Left.Max > b.Free+b.Reusable || b.Left.Max-b.Left.Min > 1 {
			t.Fatalf("left is %+v of %d free and %d reusable", b.Left, b.Free, b.Reusable)
		}
	})
}

func TestOddRangesLoseAPortToTheSearch(t *testing.T) {
	for _, c := range []struct {
		low, high int64
		used      []uint16
		want      portspace.Left
	}{
		{2000, 2000, nil, portspace.Left{Min: 1, Max: 1}},
		{2000, 2001, nil, portspace.Left{Min: 2, Max: 2}},
		{2000, 2002, nil, portspace.Left{Min: 2, Max: 2}},
		{2000, 2002, []uint16{2002}, portspace.Left{Min: 2, Max: 2}},
		{2000, 2004, nil, portspace.Left{Min: 4, Max: 5}},
		{2000, 2004, []uint16{2000, 2004}, portspace.Left{Min: 3, Max: 3}},
		{2000, 2004, []uint16{2000, 2001, 2002, 2003}, portspace.Left{Min: 0, Max: 1}},
	} {
		b := budgetOf(t, namespace(c.low, c.high), outbound(evidence.PortSetOf(c.used...), nil, nil))
		if b.Left != c.want {
			t.Errorf("range %d-%d with %v used: left %+v, want %+v", c.low, c.high, c.used, b.Left, c.want)
		}
	}
}

func TestReuseFollowsSwitchTimestampsAndLoopback(t *testing.T) {
	lo := netip.MustParseAddr("127.0.0.1")
	for _, c := range []struct {
		reuse, timestamps int64
		src, dst          netip.Addr
		want              bool
	}{
		{0, 1, src, dst, false},
		{1, 1, src, dst, true},
		{1, 0, src, dst, false},
		{2, 1, src, dst, false},
		{2, 1, lo, lo, true},
		{2, 1, netip.IPv6Loopback(), netip.IPv6Loopback(), true},
		{2, 0, lo, lo, false},
	} {
		s := evidence.Settings{TWReuse: evidence.IntOf(c.reuse), Timestamps: evidence.IntOf(c.timestamps)}
		if got := portspace.ReuseOf(&s, c.src, c.dst); got.Allowed != c.want || got.Because == "" || got.Delay != time.Second {
			t.Errorf("tw_reuse=%d timestamps=%d %s: %+v", c.reuse, c.timestamps, c.dst, got)
		}
	}
}

// closing returns a group that has closed n connections in each of the last
// seconds, from port low upwards.
func closing(n uint32, seconds int, low uint16) *evidence.Tally {
	ports := new(evidence.PortSet)
	g := outbound(ports, ports, nil)
	for i := range seconds {
		g.Minute.Age[i] = n
		for range n {
			ports.Add(low)
			low++
		}
	}
	return g
}

func TestSteadyTrafficBelowTheWallNeverRunsOut(t *testing.T) {
	ns := namespace(20000, 20999)
	g := closing(10, 60, 20000)
	b := budgetOf(t, ns, g)
	if p := portspace.Runout(&b, g); !p.Never || p.Steady != 610 {
		t.Errorf("10/s on 1000 ports: %+v", p)
	}
}

func TestTrafficAboveTheWallRunsOutWhenThePortsAreSpent(t *testing.T) {
	ns := namespace(20000, 20999)
	g := closing(50, 10, 20000) // 500 spent, 500 left at 50/s
	b := budgetOf(t, ns, g)
	p := portspace.Runout(&b, g)
	if p.Never || p.In < 9*time.Second || p.In > 11*time.Second {
		t.Errorf("want about 10 s, got %+v", p)
	}
	if p.Early >= p.In || p.Late <= p.In {
		t.Errorf("the range %v..%v does not hold %v", p.Early, p.Late, p.In)
	}
}

func TestReuseMovesTheWallToThePortsPerDelay(t *testing.T) {
	ns := namespace(20000, 20999)
	ns.Settings.TWReuse = evidence.IntOf(1)
	g := closing(50, 10, 20000)
	b := budgetOf(t, ns, g)
	if p := portspace.Runout(&b, g); !p.Never || p.Steady != 50 {
		t.Errorf("with reuse after 1 s 50/s need 50 ports: %+v", p)
	}
}

func TestBudgetsAreOnlyForOutboundGroups(t *testing.T) {
	g := outbound(nil, nil, nil)
	g.Direction = evidence.Inbound
	if _, ok := portspace.Of(namespace(1024, 2000), g); ok {
		t.Error("an inbound group got a budget")
	}
	g = outbound(nil, nil, nil)
	g.Dst = netip.Addr{}
	if _, ok := portspace.Of(namespace(1024, 2000), g); ok {
		t.Error("merged groups got a budget")
	}
	if _, ok := portspace.Of(&evidence.Namespace{}, outbound(nil, nil, nil)); ok {
		t.Error("an unknown range gave a budget")
	}
}
