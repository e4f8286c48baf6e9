package twin_test

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/tally"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/twin"
)

// crowd is a host with all kinds of sockets, at 100 s. The 7 ms more keep ages
// off the very edge of a second.
func crowd(t testing.TB, kernel evidence.Kernel) *twin.Host {
	t.Helper()
	h := newHost(t, twin.Options{Kernel: kernel, Seed: 11, Began: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)})
	set(t, h, "net.ipv4.tcp_tw_reuse", "1")
	id, _, err := h.Bind(netip.IPv4Unspecified(), 443, twin.SocketOptions{ReuseAddr: true})
	if err != nil || h.Listen(id) != nil {
		t.Fatal(err)
	}
	lo := netip.MustParseAddr("127.0.0.1")
	d := h.Drive(
		twin.Traffic{Groups: []twin.GroupID{h.Outbound(here, there), h.Outbound(lo, netip.AddrPortFrom(lo, 6379))}, Rate: 90, Hold: 3 * time.Second},
		twin.Traffic{Groups: []twin.GroupID{h.Outbound(here, netipPort(there, 81))}, Rate: 7, Ends: twin.Abandoned},
		twin.Traffic{Groups: []twin.GroupID{h.Inbound(netip.AddrPortFrom(here, 443), there.Addr())}, Rate: 40, Poisson: true},
	)
	d.Run(100*time.Second + 7*time.Millisecond)
	return h
}

func TestSnapshotsAreWhatALookAtSuchSocketsGives(t *testing.T) {
	for _, kernel := range []evidence.Kernel{"3.10", "5.10", "6.18"} {
		h := crowd(t, kernel)
		got := h.Snapshot().Namespaces[0]
		folder := tally.New(tally.Options{Listeners: got.Listeners, Settings: &got.Settings})
		for s := range h.Sockets() {
			folder.Add(&s)
		}
		want := got
		folder.Fill(&want)
		if diff := cmp.Diff(lines(t, want.Tallies), lines(t, got.Tallies)); diff != "" {
			t.Errorf("%s: tallies (-folded +twin):\n%s", kernel, diff)
		}
		if diff := cmp.Diff(want.Bound, got.Bound, cmp.Comparer(samePorts)); diff != "" {
			t.Errorf("%s: bound ports (-folded +twin):\n%s", kernel, diff)
		}
		if want.Dump != got.Dump || got.Counters.Sockstat["TCP.tw"] != int64(h.Minis()) {
			t.Errorf("%s: dump %+v, must be %+v; sockstat %v", kernel, got.Dump, want.Dump, got.Counters.Sockstat)
		}
	}
}

func lines(t *testing.T, v any) []string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(text), "\n")
}

func samePorts(a, b *evidence.PortSet) bool { return a.String() == b.String() }

func TestTheBudgetOfASnapshotIsWhatTheTwinStillConnects(t *testing.T) {
	h := newClient(t, "6.18", "ip_local_port_range", "20000 20199", "tcp_tw_reuse", "1", "ip_local_reserved_ports", "20010-20019")
	for i := range 100 {
		h.Advance(time.Duration(i) * 30 * time.Millisecond)
		if i%3 == 0 {
			h.connect()
		} else {
			h.linger()
		}
	}
	if _, _, err := h.Bind(netip.MustParseAddr("10.0.0.9"), 20100, twin.SocketOptions{}); err != nil {
		t.Fatal(err)
	}
	ns := &h.Snapshot().Namespaces[0]
	b, ok := portspace.Of(ns, &ns.Tallies[0])
	if got := h.fill(); !ok || len(got) != b.Left.Min || b.Left.Min != b.Left.Max || b.Reusable == 0 {
		t.Errorf("%d more connections, but the budget is %+v", len(got), b)
	}
}

func TestALoadedSnapshotIsTheSameAgain(t *testing.T) {
	first := crowd(t, "6.18").Snapshot()
	h, err := twin.Load(first, 0, twin.Options{Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	again := h.Snapshot()
	a, b := &first.Namespaces[0], &again.Namespaces[0]
	if len(a.Tallies) != len(b.Tallies) || again.Taken != first.Taken || again.Host != first.Host {
		t.Fatalf("%d tallies, were %d; %+v", len(b.Tallies), len(a.Tallies), again.Host)
	}
	for i := range a.Tallies {
		x, y := &a.Tallies[i], &b.Tallies[i]
		if x.Key != y.Key || x.States != y.States || x.Minute != y.Minute || x.MiniFinWait2 != y.MiniFinWait2 ||
			!samePorts(x.Ports, y.Ports) || !samePorts(x.TimeWaitPorts, y.TimeWaitPorts) || !samePorts(x.ReusablePorts, y.ReusablePorts) {
			t.Errorf("%v differs:\n%v\n%v", x.Key, x.Minute, y.Minute)
		}
	}
	if diff := cmp.Diff(a.Counters, b.Counters); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(a.Bound, b.Bound, cmp.Comparer(samePorts)); diff != "" {
		t.Error(diff)
	}
}

func TestALoadedTwinGoesOnAsTheFirstOne(t *testing.T) {
	h := crowd(t, "6.18")
	l, err := twin.Load(h.Snapshot(), 0, twin.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for s := range 70 {
		h.Advance(100*time.Second + 7*time.Millisecond + time.Duration(s)*time.Second)
		l.Advance(time.Duration(s) * time.Second)
		// The ages are known to the second, and the phase of the wheel is guessed.
		if a, b := h.Minis(), l.Minis(); a-b > 2*140+30 || b-a > 2*140+30 {
			t.Fatalf("after %d s: %d mini-sockets, and %d", s, a, b)
		}
	}
	if l.Minis() != 0 {
		t.Errorf("%d mini-sockets are left", l.Minis())
	}
}

func TestTheSameSeedGivesTheSameBytes(t *testing.T) {
	want := map[evidence.Kernel]string{}
	golden(t, "testdata/golden.json", &want, func() map[evidence.Kernel]string {
		got := map[evidence.Kernel]string{}
		for _, kernel := range twin.Generations() {
			h := crowd(t, kernel)
			text, err := json.Marshal(h.Snapshot())
			if err != nil {
				t.Fatal(err)
			}
			sum := fnv.New64a()
			sum.Write(text)
			got[kernel] = fmt.Sprintf("%016x, %d in TIME_WAIT", sum.Sum64(), h.Minis())
		}
		return got
	})
}

func TestSocketsThatWereKilledAreNotShown(t *testing.T) {
	h := newClient(t, "6.18")
	c := h.linger()
	h.linger()
	if err := h.Kill(c); err != nil {
		t.Fatal(err)
	}
	ns := h.Snapshot().Namespaces[0]
	if n := ns.Tallies[0].States[tcp.TimeWait]; n != 1 || ns.Tallies[0].Minute.Total() != 1 {
		t.Errorf("%d in TIME_WAIT, %d with an age", n, ns.Tallies[0].Minute.Total())
	}
}
