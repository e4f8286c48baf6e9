package evidence_test

import (
	"encoding/json"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

func TestKernelReleasesCompareByTheirNumbers(t *testing.T) {
	for _, c := range []struct {
		release      evidence.Kernel
		major, minor int
		want         bool
	}{
		{"6.18.44-fc", 6, 18, true},
		{"6.18.44-fc", 6, 19, false},
		{"6.8", 6, 10, false},
		{"5.10.0-46-cloud-amd64", 4, 19, true},
		{"7.3.4+deb13", 6, 99, true},
		{"", 0, 0, false},
		{"x", 2, 6, false},
		{"99999999999999999999.1", 1, 0, false},
	} {
		if got := c.release.AtLeast(c.major, c.minor); got != c.want {
			t.Errorf("%q at least %d.%d: %v", c.release, c.major, c.minor, got)
		}
	}
}

func TestGranularityOfTheTimerWheelIsThatOfItsLevel(t *testing.T) {
	// kernel/time/timer.c prints these tables for HZ 1000, 300, 250 and 100.
	for hz, want := range map[int]time.Duration{
		100: 5120 * time.Millisecond, 250: 2048 * time.Millisecond, 1000: 4096 * time.Millisecond, 0: 0,
	} {
		if got := (evidence.Host{HZ: hz}).Granularity(evidence.TimeWaitLen); got != want {
			t.Errorf("HZ=%d: %v, want %v", hz, got, want)
		}
	}
	if got := (evidence.Host{HZ: 250}).Granularity(5 * time.Second); got != 256*time.Millisecond {
		t.Errorf("5 s at HZ=250: %v", got)
	}
}

func TestPortSetsAgreeWithAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ports := rapid.SliceOf(rapid.Uint16()).Draw(t, "ports")
		other := evidence.PortSetOf(rapid.SliceOf(rapid.Uint16()).Draw(t, "other")...)
		set, want := new(evidence.PortSet), make(map[uint16]bool)
		for _, p := range ports {
			if set.Add(p) == want[p] {
				t.Fatalf("Add(%d) says the contrary", p)
			}
			want[p] = true
		}
		both := 0
		for p := range other.All() {
			if want[p] {
				both++
			}
		}
		if set.Len() != len(want) || set.CountIn(other) != both || other.CountIn(set) != both {
			t.Fatalf("%d ports, want %d; %d in both, want %d", set.Len(), len(want), set.CountIn(other), both)
		}
		back, err := evidence.ParsePorts(set.String())
		if err != nil || !slices.Equal(slices.Collect(back.All()), slices.Collect(set.All())) {
			t.Fatalf("%q reads back as %q, %v", set, back, err)
		}
		other.Union(set)
		if other.CountIn(set) != set.Len() {
			t.Fatal("a union lacks ports")
		}
	})
}

func TestPortListsThatAreNoneAreRefused(t *testing.T) {
	for _, text := range []string{"x", "1-", "5-3", "65536", "1,,2", "-", "1 2"} {
		if set, err := evidence.ParsePorts(text); err == nil {
			t.Errorf("%q was read as %q", text, set)
		}
	}
}

func TestTheRateIsThatOfTheSecondsSinceTrafficBegan(t *testing.T) {
	var m evidence.Minute
	m.Age[0], m.Age[1], m.Age[2], m.Age[3] = 100, 100, 100, 37 // the oldest second is partly filled
	if r := m.Rate(); r.PerSecond != 100 || r.Window != 3 || r.Slope != 0 {
		t.Errorf("got %+v", r)
	}
}

func TestSteadyTrafficHasNoTrendAndRisingTrafficHas(t *testing.T) {
	var steady, rising, falling evidence.Minute
	for i := range steady.Age {
		steady.Age[i] = 50 + uint32(i*7%5)
		rising.Age[i] = uint32(600 - 10*i)
		falling.Age[i] = uint32(10 + 10*i)
	}
	if got := steady.Rate(); got.Trend() != 0 || math.Abs(got.PerSecond-52) > 1 {
		t.Errorf("steady: %+v", got)
	}
	if got := rising.Rate(); got.Trend() != 1 || math.Abs(got.Slope-10) > 0.5 {
		t.Errorf("rising: %+v", got)
	}
	if got := falling.Rate(); got.Trend() != -1 {
		t.Errorf("falling: %+v", got)
	}
}

func TestAbsentSettingsStayAbsentInJSON(t *testing.T) {
	for _, v := range []evidence.Int{{}, evidence.IntOf(0), evidence.IntOf(-1), {State: evidence.Absent}, {State: evidence.Unreadable}} {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var back evidence.Int
		if err := json.Unmarshal(data, &back); err != nil || back != v {
			t.Errorf("%v became %s and then %v, %v", v, data, back, err)
		}
	}
}

func TestListenersCoverWhatTheKernelWouldGiveThem(t *testing.T) {
	v4, v6 := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("fd00::1")
	for _, c := range []struct {
		name   string
		l      evidence.Listener
		v4, v6 bool
	}{
		{"0.0.0.0", evidence.Listener{Addr: netip.IPv4Unspecified(), Port: 80}, true, false},
		{"::", evidence.Listener{Addr: netip.IPv6Unspecified(), Port: 80, V6: true}, true, true},
		{":: v6only", evidence.Listener{Addr: netip.IPv6Unspecified(), Port: 80, V6: true, V6Only: true}, false, true},
		{"10.0.0.1", evidence.Listener{Addr: v4, Port: 80}, true, false},
		{"another port", evidence.Listener{Addr: v4, Port: 81}, false, false},
	} {
		if c.l.Covers(v4, 80) != c.v4 || c.l.Covers(v6, 80) != c.v6 {
			t.Errorf("%s covers wrongly", c.name)
		}
	}
}

func TestMakersAreHeldThenListenersThenLiveThenEarlier(t *testing.T) {
	service := netip.MustParseAddr("10.0.0.1")
	ns := evidence.Namespace{Listeners: []evidence.Listener{{Addr: service, Port: 80, PIDs: []int{7}}}}
	in := evidence.Tally{Key: evidence.Key{Direction: evidence.Inbound, Src: service, Port: 80}}
	if m := ns.MakerOf(&in); m.Basis != evidence.FromListener || !slices.Equal(m.PIDs, []int{7}) || !m.Basis.Inferred() {
		t.Errorf("inbound: %+v", m)
	}
	var live evidence.Counts
	live[tcp.Established] = 1
	out := evidence.Tally{Key: evidence.Key{Direction: evidence.Outbound}, Holders: []evidence.Holding{{PIDs: []int{9}, States: live, Earlier: true}}}
	if m := ns.MakerOf(&out); m.Basis != evidence.FromEarlier {
		t.Errorf("earlier: %+v", m)
	}
	out.Holders = append(out.Holders, evidence.Holding{PIDs: []int{8, 9}, States: live})
	if m := ns.MakerOf(&out); m.Basis != evidence.FromLive || !slices.Equal(m.PIDs, []int{8, 9}) {
		t.Errorf("live: %+v", m)
	}
	if m := out.HolderOf(tcp.Established); m.Basis != evidence.Held || m.Basis.Inferred() || !slices.Equal(m.PIDs, []int{8, 9}) {
		t.Errorf("held: %+v", m)
	}
	if m := ns.MakerOf(&evidence.Tally{}); m.Basis != evidence.Unknown || m.Basis.Inferred() {
		t.Errorf("nobody: %+v", m)
	}
}

func TestWhatWasGivenUpToBoundMemoryIsSaid(t *testing.T) {
	if gaps := (evidence.Dump{Sockets: 5}).Gaps("host"); gaps != nil {
		t.Errorf("a whole dump has gaps: %v", gaps)
	}
	gaps := evidence.Dump{FoldedInto: 12, Unheld: 7}.Gaps("host")
	if len(gaps) != 2 || !strings.Contains(gaps[0].What, "12 small groups") || !strings.Contains(gaps[1].What, "7 live sockets") {
		t.Errorf("got %v", gaps)
	}
}
