package tally_test

import (
	"net/netip"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tally"
	"github.com/linger-dev/linger/internal/tcp"
)

func addr(s string) evidence.Addr { return evidence.AddrOf(netip.MustParseAddr(s)) }

func settings(reuse int64) *evidence.Settings {
	return &evidence.Settings{
		PortLow: evidence.IntOf(32768), PortHigh: evidence.IntOf(60999),
		TWReuse: evidence.IntOf(reuse), Timestamps: evidence.IntOf(1), TWReuseDelay: evidence.IntOf(1000),
	}
}

func timeWait(src string, sport uint16, dst string, dport uint16, left uint32) *evidence.Socket {
	return &evidence.Socket{
		State: tcp.TimeWait, Timer: evidence.TimerTimeWait, Src: addr(src), SrcPort: sport, Dst: addr(dst), DstPort: dport, Expires: left,
	}
}

func fold(opts tally.Options, sockets ...*evidence.Socket) *evidence.Namespace {
	f := tally.New(opts)
	for _, s := range sockets {
		f.Add(s)
	}
	ns := new(evidence.Namespace)
	f.Fill(ns)
	return ns
}

func TestDirectionComesFromListenersThenRangeThenLowerPort(t *testing.T) {
	listeners := []evidence.Listener{{Addr: netip.IPv4Unspecified(), Port: 8080}, {Addr: netip.IPv6Unspecified(), Port: 40001, V6: true, V6Only: true}}
	for _, c := range []struct {
		name   string
		s      *evidence.Socket
		dir    evidence.Direction
		reason evidence.Reason
	}{
		{"a listener owns the local port", timeWait("10.0.0.1", 8080, "10.0.0.2", 900, 1), evidence.Inbound, evidence.ByListener},
		{"loopback client of a listener", timeWait("127.0.0.1", 900, "127.0.0.1", 8080, 1), evidence.Outbound, evidence.ByListener},
		{"same port on another host is not our listener", timeWait("10.0.0.1", 900, "10.0.0.2", 8080, 1), evidence.Inbound, evidence.ByLowerPort},
		{"a v6only listener takes no IPv4", timeWait("10.0.0.1", 40001, "10.0.0.2", 80, 1), evidence.Outbound, evidence.ByPortRange},
		{"local port in the range", timeWait("10.0.0.1", 40000, "10.0.0.2", 80, 1), evidence.Outbound, evidence.ByPortRange},
		{"remote port in the range", timeWait("10.0.0.1", 80, "10.0.0.2", 40000, 1), evidence.Inbound, evidence.ByPortRange},
		{"both in the range", timeWait("10.0.0.1", 40000, "10.0.0.2", 50000, 1), evidence.Inbound, evidence.ByLowerPort},
	} {
		ns := fold(tally.Options{Listeners: listeners, Settings: settings(2)}, c.s)
		if got := ns.Tallies[0]; got.Direction != c.dir || got.Reason != c.reason {
			t.Errorf("%s: %v, reason %d", c.name, got.Direction, got.Reason)
		}
	}
}

func TestMappedAddressesFoldIntoIPv4(t *testing.T) {
	a, b := timeWait("10.0.0.1", 40000, "10.0.0.2", 80, 5000), timeWait("::ffff:10.0.0.1", 40002, "::ffff:10.0.0.2", 80, 5000)
	b.V6 = true
	ns := fold(tally.Options{Settings: settings(2)}, a, b)
	if len(ns.Tallies) != 1 || ns.Tallies[0].States[tcp.TimeWait] != 2 || !ns.Tallies[0].Src.Is4() {
		t.Errorf("got %+v", ns.Tallies)
	}
}

func TestReuseNeedsAgeSwitchAndLoopback(t *testing.T) {
	young, old, tail := uint32(59_500), uint32(58_000), uint32(0)
	for _, c := range []struct {
		reuse int64
		dst   string
		ifx   uint32
		left  uint32
		want  int
	}{
		{0, "127.0.0.1", 0, old, 0},
		{1, "10.0.0.2", 0, old, 1},
		{1, "10.0.0.2", 0, tail, 1},
		{1, "10.0.0.2", 0, young, 0},
		{2, "10.0.0.2", 0, old, 0},
		{2, "10.0.0.2", 1, old, 1}, // bound to the loopback device
		{2, "127.9.9.9", 0, old, 1},
		{2, "::1", 0, old, 1},
	} {
		s := timeWait("10.0.0.1", 40000, c.dst, 80, c.left)
		s.Ifindex = c.ifx
		ns := fold(tally.Options{Settings: settings(c.reuse)}, s)
		if got := ns.Tallies[0].ReusablePorts.Len(); got != c.want {
			t.Errorf("tw_reuse=%d dst=%s device=%d left=%d: %d reusable, want %d", c.reuse, c.dst, c.ifx, c.left, got, c.want)
		}
	}
}

func TestTheRoundingTailIsCounted(t *testing.T) {
	ns := fold(tally.Options{Settings: settings(2)},
		timeWait("10.0.0.1", 40000, "10.0.0.2", 80, 0), timeWait("10.0.0.1", 40001, "10.0.0.2", 80, 60_000), timeWait("10.0.0.1", 40002, "10.0.0.2", 80, 1))
	m := ns.Tallies[0].Minute
	if m.Tail != 1 || m.Age[0] != 1 || m.Age[59] != 1 || m.Total() != 3 {
		t.Errorf("got %+v", m)
	}
}

func TestMiniSocketsInFinWait2AreToldApart(t *testing.T) {
	mini := timeWait("10.0.0.1", 40000, "10.0.0.2", 80, 3000)
	mini.State = tcp.FinWait2
	orphan := timeWait("10.0.0.1", 40001, "10.0.0.2", 80, 3000)
	orphan.State, orphan.Timer = tcp.FinWait2, evidence.TimerKeepalive
	ns := fold(tally.Options{Settings: settings(2)}, mini, orphan)
	got := ns.Tallies[0]
	if got.States[tcp.FinWait2] != 2 || got.MiniFinWait2 != 1 || got.Orphans[tcp.FinWait2] != 1 || got.Minute.Total() != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestAFloodOfGroupsKeepsSumsAndHeavyHitters(t *testing.T) {
	f := tally.New(tally.Options{Settings: settings(2), MaxGroups: 64})
	const heavy, flood = 500, 20_000
	for i := range flood {
		s := timeWait("10.0.0.1", 40000, "10.0.0.2", 443, 1)
		s.Dst[12], s.Dst[13], s.Dst[14] = 1, byte(i>>8), byte(i)
		f.Add(s)
		if i%(flood/heavy) == 0 {
			f.Add(timeWait("10.0.0.1", uint16(32768+i/(flood/heavy)), "10.9.9.9", 443, 1))
		}
	}
	ns := new(evidence.Namespace)
	f.Fill(ns)
	var sum, merged uint64
	found := false
	for _, g := range ns.Tallies {
		sum += g.States.Total()
		merged += g.Merged
		found = found || g.Dst == netip.MustParseAddr("10.9.9.9") && g.States.Total() > heavy*9/10
	}
	if sum != flood+heavy || len(ns.Tallies) > 64 || !found || merged == 0 || ns.Dump.FoldedInto == 0 {
		t.Errorf("sum %d, groups %d, heavy hitter found %v, merged %d", sum, len(ns.Tallies), found, merged)
	}
}

func TestAFloodOfServicePortsIsBoundedToo(t *testing.T) {
	f := tally.New(tally.Options{Settings: settings(2), MaxGroups: 64})
	for i := range 20_000 {
		s := timeWait("10.0.0.1", 40000, "10.0.0.2", uint16(i+1), 1)
		s.Src[12], s.Src[13] = byte(i>>8), byte(i)
		f.Add(s)
	}
	ns := new(evidence.Namespace)
	f.Fill(ns)
	var sum uint64
	for _, g := range ns.Tallies {
		sum += g.States.Total()
	}
	if sum != 20_000 || len(ns.Tallies) > 64 {
		t.Errorf("sum %d in %d groups", sum, len(ns.Tallies))
	}
}

func TestHoldersAreCountedByProcessAndBounded(t *testing.T) {
	f := tally.New(tally.Options{Settings: settings(2), MaxInodes: 3})
	for i := range 5 {
		s := timeWait("10.0.0.1", uint16(40000+i), "10.0.0.2", 80, 0)
		s.State, s.Timer, s.Inode = tcp.CloseWait, evidence.TimerNone, uint64(100+i)
		f.Add(s)
	}
	ns := new(evidence.Namespace)
	f.Fill(ns)
	if ns.Dump.Unheld != 2 {
		t.Errorf("unheld %d, want 2", ns.Dump.Unheld)
	}
	if got := f.Inodes(func(*evidence.Tally) bool { return true }); len(got) != 3 {
		t.Errorf("remembered %d inodes", len(got))
	}
	holders := f.Holders(ns.Tallies[0].Key, map[uint64][]int{100: {7, 8}, 101: {7, 8}})
	if len(holders) != 2 || holders[0].States[tcp.CloseWait] != 2 || len(holders[0].PIDs) != 2 || holders[1].PIDs != nil {
		t.Errorf("holders %+v", holders)
	}
}

func TestFoldingAllocatesNothingPerSocket(t *testing.T) {
	f := tally.New(tally.Options{Settings: settings(2)})
	s := timeWait("10.0.0.1", 40000, "10.0.0.2", 80, 30_000)
	f.Add(s)
	if n := testing.AllocsPerRun(1000, func() { f.Add(s) }); n != 0 {
		t.Errorf("%v allocations per socket", n)
	}
}

func BenchmarkAdd(b *testing.B) {
	f := tally.New(tally.Options{Settings: settings(2)})
	sockets := make([]*evidence.Socket, 4096)
	for i := range sockets {
		sockets[i] = timeWait("10.0.0.1", uint16(32768+i*7%28000), "10.0.0.2", uint16(8000+i%100), uint32(i*13%60000))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		f.Add(sockets[i%len(sockets)])
	}
}
