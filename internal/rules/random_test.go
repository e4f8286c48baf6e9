package rules_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/rules"
	"github.com/linger-dev/linger/internal/tcp"
)

func TestJudgingAnyEvidenceIsPureAndDoesNotDependOnTheOrderOfRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSnapshot(t)
		before := encode(t, s)
		all := rules.All()
		first := encode(t, rule.Judge(all, s))
		slices.Reverse(all)
		findings := rule.Judge(all, s)
		if diff := cmp.Diff(first, encode(t, findings)); diff != "" {
			t.Fatalf("the order of rules changed the findings:\n%s", diff)
		}
		if diff := cmp.Diff(before, encode(t, s)); diff != "" {
			t.Fatalf("judging changed the evidence:\n%s", diff)
		}
		rule.Wanted(findings)
		for _, f := range findings {
			if f.Title.EN == "" || f.Title.ZH == "" || f.Why.EN == "" || f.Why.ZH == "" || f.Code == "" {
				t.Fatalf("incomplete finding: %+v", f)
			}
			if f.Severity > rule.Worst(findings) {
				t.Fatalf("%s is worse than the worst", f.Title.EN)
			}
		}
	})
}

func encode(t *rapid.T, v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func drawSnapshot(t *rapid.T) *evidence.Snapshot {
	s := &evidence.Snapshot{Host: evidence.Host{Kernel: evidence.Kernel(rapid.SampledFrom([]string{"", "4.4.0", "6.18.1"}).Draw(t, "kernel"))}}
	for i := range rapid.IntRange(0, 2).Draw(t, "namespaces") {
		s.Namespaces = append(s.Namespaces, drawNamespace(t, i))
	}
	for range rapid.IntRange(0, 3).Draw(t, "owners") {
		s.Owners = append(s.Owners, evidence.Owner{
			PID: rapid.IntRange(0, 5).Draw(t, "pid"), Name: rapid.StringN(0, 5, -1).Draw(t, "name"),
			State:     rapid.SampledFrom([]evidence.ProcState{"", "S", "T", "t", "D", "Z", "?"}).Draw(t, "state"),
			Container: rapid.StringN(0, 20, -1).Draw(t, "container"),
		})
	}
	return s
}

func drawNamespace(t *rapid.T, i int) evidence.Namespace {
	ns := evidence.Namespace{
		Name:     fmt.Sprint(rapid.SampledFrom([]string{"", "host", "pid:", "it's "}).Draw(t, "name"), i),
		Settings: drawSettings(t),
		Bound:    evidence.Bound{Listening: drawPorts(t), Accepted: drawPorts(t), Idle: drawPorts(t), Connected: drawPorts(t)},
		Counters: evidence.Counters{
			Sockstat: drawCounts(t, "TCP.tw", "TCP.orphan"), TCP: drawCounts(t, "TCPTimeWaitOverflow"),
			Growth: drawCounts(t, "TCPTimeWaitOverflow"), Over: time.Duration(rapid.Int64Range(-1, 1e10).Draw(t, "over")),
		},
	}
	for range rapid.IntRange(0, 3).Draw(t, "listeners") {
		ns.Listeners = append(ns.Listeners, evidence.Listener{
			Addr: drawAddr(t), Port: drawPort(t), V6: rapid.Bool().Draw(t, "v6"),
			Queue: rapid.Uint32Range(0, 2).Draw(t, "queue"), PIDs: drawPIDs(t),
		})
	}
	for range rapid.IntRange(0, 4).Draw(t, "tallies") {
		ns.Tallies = append(ns.Tallies, drawTally(t))
	}
	return ns
}

func drawSettings(t *rapid.T) evidence.Settings {
	one := func(name string, values ...int64) evidence.Int {
		if state := evidence.Presence(rapid.IntRange(0, 7).Draw(t, name)); state != evidence.Present && state <= evidence.Unreadable {
			return evidence.Int{State: state}
		}
		return evidence.IntOf(rapid.SampledFrom(append(values, -1, 0, 1, 1<<40)).Draw(t, name))
	}
	return evidence.Settings{
		PortLow: one("low", 1, 100, 101), PortHigh: one("high", 100, 103, 106, 65535), Reserved: drawPorts(t),
		UnprivilegedStart: one("start", 1024, 65535), TWReuse: one("reuse", 2), TWReuseDelay: one("delay", 1000),
		TWRecycle: one("recycle"), MaxTWBuckets: one("buckets", 100), FinTimeout: one("fin", 61, 75, 89, 90),
		Timestamps: one("timestamps"), OrphanRetries: one("retries", 8), MaxOrphans: one("orphans"),
	}
}

func drawTally(t *rapid.T) evidence.Tally {
	tally := evidence.Tally{
		Key: evidence.Key{
			Direction: rapid.SampledFrom([]evidence.Direction{evidence.Outbound, evidence.Inbound}).Draw(t, "direction"),
			Src:       drawAddr(t), Dst: drawAddr(t), Port: drawPort(t),
		},
		Reason: evidence.ByLowerPort,
		Ports:  drawPorts(t), TimeWaitPorts: drawPorts(t), ReusablePorts: drawPorts(t),
		MiniFinWait2: drawCount(t), States: drawStates(t), Orphans: drawStates(t),
	}
	for i := range rapid.IntRange(0, 60).Draw(t, "seconds") {
		tally.Minute.Age[i] = rapid.Uint32Range(0, 1<<31).Draw(t, "closes")
	}
	if rapid.Bool().Draw(t, "asked") {
		tally.CloseWait.Learn(time.Duration(rapid.Int64Range(0, 1e13).Draw(t, "silent")))
	}
	for range rapid.IntRange(0, 2).Draw(t, "holders") {
		tally.Holders = append(tally.Holders, evidence.Holding{PIDs: drawPIDs(t), States: drawStates(t), Earlier: rapid.Bool().Draw(t, "earlier")})
	}
	return tally
}

func drawStates(t *rapid.T) evidence.Counts {
	var c evidence.Counts
	for range rapid.IntRange(0, 4).Draw(t, "states") {
		c[rapid.IntRange(1, tcp.NumStates-1).Draw(t, "state")] = drawCount(t)
	}
	return c
}

func drawCount(t *rapid.T) uint64 {
	return rapid.SampledFrom([]uint64{0, 1, 3, 100, 1000, 1 << 40}).Draw(t, "count")
}

func drawCounts(t *rapid.T, names ...string) map[string]int64 {
	m := map[string]int64{}
	for _, name := range names {
		if rapid.Bool().Draw(t, "counted") {
			m[name] = rapid.Int64Range(-1, 1<<40).Draw(t, name)
		}
	}
	return m
}

func drawPorts(t *rapid.T) *evidence.PortSet {
	if rapid.Bool().Draw(t, "no ports") {
		return nil
	}
	set := new(evidence.PortSet)
	for range rapid.IntRange(0, 8).Draw(t, "ports") {
		set.Add(drawPort(t))
	}
	return set
}

func drawPort(t *rapid.T) uint16 {
	return rapid.OneOf(rapid.Uint16Range(99, 107), rapid.Uint16()).Draw(t, "port")
}

func drawPIDs(t *rapid.T) []int {
	return rapid.SliceOfN(rapid.IntRange(0, 5), 0, 5).Draw(t, "pids")
}

func drawAddr(t *rapid.T) netip.Addr {
	return rapid.SampledFrom([]netip.Addr{
		{},
		netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1"),
		netip.MustParseAddr("fe80::1%eth0"), netip.IPv4Unspecified(), netip.IPv6Unspecified(),
	}).Draw(t, "addr")
}
