package twin_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/twin"
)

// shown returns a snapshot of a host as text.
func shown(t interface{ Fatal(args ...any) }, h *twin.Host) string {
	text, err := json.MarshalIndent(h.Snapshot(), "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAGroupFillsOneLineOfTheCache(t *testing.T) {
	if n := twin.GroupSize(); n != 64 {
		t.Errorf("a group has %d bytes", n)
	}
}

// drawn is a host with some groups, and traffic that exhausts its range now and
// then.
type drawn struct {
	options  twin.Options
	settings map[string]string
	traffic  []twin.Traffic
}

func draw(t *rapid.T) drawn {
	size := rapid.SampledFrom([]int{1, 7, 64, 300, 2000}).Draw(t, "size")
	all := drawn{settings: map[string]string{
		"net.ipv4.ip_local_port_range": fmt.Sprintf("%d %d", 2000, 1999+size),
		"net.ipv4.tcp_tw_reuse":        rapid.SampledFrom([]string{"0", "1"}).Draw(t, "reuse"),
		"net.ipv4.tcp_max_tw_buckets":  rapid.SampledFrom([]string{"-1", "0", "50", "500"}).Draw(t, "quota"),
		"net.ipv4.tcp_timestamps":      rapid.SampledFrom([]string{"1", "1", "1", "0"}).Draw(t, "timestamps"),
	}}
	kernels := append(twin.Generations(), "6.18", "6.18", "6.18", "6.18", "6.18", "6.18", "6.18", "6.18", "6.18", "6.18")
	all.options = twin.Options{Kernel: rapid.SampledFrom(kernels).Draw(t, "kernel"), Seed: rapid.Uint64().Draw(t, "seed")}
	for range rapid.IntRange(1, 2).Draw(t, "streams") {
		l := twin.Traffic{
			Rate:    rapid.SampledFrom([]int64{1, 20, 150, 700}).Draw(t, "rate"),
			Poisson: rapid.Bool().Draw(t, "Poisson"),
			Hold:    time.Duration(rapid.SampledFrom([]int64{0, 0, 1e6, 1e9, 1e9, 3e9}).Draw(t, "hold")),
			Ends:    rapid.SampledFrom([]twin.Closing{twin.ByUs, twin.ByUs, twin.ByUs, twin.ByUs, twin.ByThem, twin.Abandoned}).Draw(t, "ends"),
		}
		for range rapid.IntRange(1, 3).Draw(t, "groups") {
			l.Groups = append(l.Groups, twin.GroupID(rapid.IntRange(0, 2).Draw(t, "group")))
		}
		all.traffic = append(all.traffic, l)
	}
	return all
}

// run drives the host in steps. In between, others end connections, and time
// goes on without the driver.
func (a *drawn) run(t *rapid.T, step time.Duration) (*twin.Host, *twin.Driver) {
	h, err := twin.New(a.options)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range a.settings {
		if err := h.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	for port := range uint16(3) {
		h.Outbound(here, netip.AddrPortFrom(there.Addr(), 80+port))
	}
	d, now := h.Drive(a.traffic...), time.Duration(0)
	for _, until := range []time.Duration{20 * time.Second, 30 * time.Second, 75 * time.Second} {
		for ; now < until; now += step {
			d.Run(now)
		}
		now = until
		d.Run(now)
		n := 0
		for c := range h.Live(0) {
			if n++; n%3 == 0 {
				if err := h.Close(c, twin.ByThem); err != nil {
					t.Fatal(err)
				}
			}
		}
		if until == 30*time.Second {
			h.Advance(until + 2*time.Second)
		}
	}
	return h, d
}

// same holds what a driver does in bursts against the same one connection after
// the other: the end of a run ends a burst.
func (a *drawn) same(t *rapid.T) {
	one, d := a.run(t, time.Hour)
	many, e := a.run(t, 1_234_567)
	if diff := cmp.Diff(d.Seconds, e.Seconds); diff != "" {
		t.Fatal(diff)
	}
	if a, b := one.Counters(), many.Counters(); a != b {
		t.Fatalf("%+v\n%+v", a, b)
	}
	if d.FirstSecond != e.FirstSecond || d.FirstFailure != e.FirstFailure {
		t.Fatal("the first searches of their kind differ")
	}
	if diff := cmp.Diff(shown(t, one), shown(t, many)); diff != "" {
		t.Fatal(diff)
	}
}

func TestARunInOnePieceIsTheSameAsInManySmallOnes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := draw(t)
		all.same(t)
	})
}

// TestClosesAheadOfOpensStopAtTheQuota is the same where most bursts meet the quota.
func TestClosesAheadOfOpensStopAtTheQuota(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := drawn{
			options: twin.Options{Kernel: "6.18", Seed: rapid.Uint64().Draw(t, "seed")},
			settings: map[string]string{
				"net.ipv4.ip_local_port_range": "2000 3999", "net.ipv4.tcp_tw_reuse": "0", "net.ipv4.tcp_timestamps": "1",
				"net.ipv4.tcp_max_tw_buckets": fmt.Sprint(rapid.IntRange(20, 900).Draw(t, "quota")),
			},
		}
		for range rapid.IntRange(1, 2).Draw(t, "streams") {
			all.traffic = append(all.traffic, twin.Traffic{
				Groups: []twin.GroupID{0}, Rate: rapid.Int64Range(300, 900).Draw(t, "rate"), Poisson: rapid.Bool().Draw(t, "Poisson"),
				Hold: time.Duration(rapid.Int64Range(5e7, 1e9).Draw(t, "hold")), Ends: twin.ByUs,
			})
		}
		all.same(t)
	})
}

// TestADriverDoesWhatCallsDo holds a driver against Connect and Close.
func TestADriverDoesWhatCallsDo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rate  time.Duration
		reuse string
		quota string
	}{{100, "0", "-1"}, {500, "0", "-1"}, {2000, "0", "-1"}, {2000, "1", "-1"}, {1000, "1", "3000"}} {
		var all [2]*twin.Host
		for i := range all {
			all[i] = newHost(t, twin.Options{Seed: 5})
			set(t, all[i], "net.ipv4.ip_local_port_range", "10000 13999")
			set(t, all[i], "net.ipv4.tcp_tw_reuse", c.reuse)
			set(t, all[i], "net.ipv4.tcp_max_tw_buckets", c.quota)
			all[i].Outbound(here, there)
		}
		const end = 100 * time.Second
		all[0].Drive(twin.Traffic{Groups: []twin.GroupID{0}, Rate: int64(c.rate)}).Run(end)
		for now := time.Duration(0); now <= end; now += time.Second / c.rate {
			all[1].Advance(now)
			if a, err := all[1].Connect(0, twin.Dial{}); err == nil {
				if err := all[1].Close(a.Conn, twin.ByUs); err != nil {
					t.Fatal(err)
				}
			}
		}
		if a, b := all[0].Counters(), all[1].Counters(); a != b {
			t.Errorf("%v:\n%+v\n%+v", c, a, b)
		}
		if diff := cmp.Diff(shown(t, all[0]), shown(t, all[1])); diff != "" {
			t.Errorf("%v: %s", c, diff)
		}
		all[0].Advance(end + 63*time.Second)
		if n := all[0].Minis(); n != 0 {
			t.Errorf("%v: %d mini-sockets never end", c, n)
		}
	}
}

func TestATimerRunsAlsoAfterAllOthersWereTakenOver(t *testing.T) {
	h := newHost(t, twin.Options{})
	set(t, h, "net.ipv4.ip_local_port_range", "10000 10000")
	set(t, h, "net.ipv4.tcp_tw_reuse", "1")
	set(t, h, "net.ipv4.tcp_tw_reuse_delay", "1")
	h.Drive(twin.Traffic{Groups: []twin.GroupID{h.Outbound(here, there)}, Rate: 100, Count: 65}).Run(time.Minute)
	if n := h.Counters().TWRecycled; n != 64 || h.Minis() != 1 {
		t.Fatalf("%d were taken over, and %d are left", n, h.Minis())
	}
	if h.Advance(2 * time.Minute); h.Minis() != 0 {
		t.Error("the last one never ends")
	}
}
