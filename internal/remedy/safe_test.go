package remedy

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/rule/ruletest"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/tcp"
)

// anything draws a host with a namespace that is, mostly, in some trouble.
func anything(t *rapid.T) *evidence.Snapshot {
	number := func(name string, values ...int64) evidence.Int {
		v := rapid.SampledFrom(append(values, -99)).Draw(t, name)
		if v == -99 {
			return evidence.Int{State: rapid.SampledFrom([]evidence.Presence{evidence.Absent, evidence.Unreadable}).Draw(t, name+" state")}
		}
		return evidence.IntOf(v)
	}
	return ruletest.Snapshot(func(s *evidence.Snapshot, ns *evidence.Namespace) {
		set := &ns.Settings
		start := rapid.SampledFrom([]int64{0, 1, 1024, 1025, 20001, 40000, 65000}).Draw(t, "unprivileged")
		set.UnprivilegedStart = evidence.IntOf(start)
		low := rapid.IntRange(int(max(1, start)), 65535).Draw(t, "low")
		size := rapid.IntRange(1, 3000).Draw(t, "size")
		set.PortLow, set.PortHigh = evidence.IntOf(int64(low)), evidence.IntOf(int64(min(65535, low+size-1)))
		set.TWReuse, set.Timestamps = number("reuse", 0, 1, 2), number("timestamps", 0, 1, 2)
		set.TWReuseDelay, set.TWRecycle = number("delay", 1, 100, 1000, 60000), number("recycle", 0, 1)
		set.MaxTWBuckets, set.FinTimeout = number("buckets", -1, 0, 100, 131072), number("fin timeout", 5, 60, 65, 120)
		set.OrphanRetries = number("retries", 0, 2, 8)
		if rapid.Bool().Draw(t, "reserved unreadable") {
			set.Reserved = nil
		} else {
			set.Reserved.Add(uint16(rapid.IntRange(1, 65535).Draw(t, "reserved")))
		}
		s.Owners = []evidence.Owner{process(7, rapid.SampledFrom([]string{"kubelet", "nginx", "worker"}).Draw(t, "owner"))}
		for i := range rapid.IntRange(0, 4).Draw(t, "listeners") {
			port := rapid.IntRange(1, 65535).Draw(t, "listener")
			ns.Listeners = append(ns.Listeners, ruletest.Listening(fmt.Sprintf("0.0.0.0:%d", port), uint64(i), 7))
		}
		out := ruletest.Outbound(rapid.SampledFrom([]string{"10.0.0.1", "127.0.0.1"}).Draw(t, "src"), "10.0.0.2:80")
		held := rapid.IntRange(0, min(size, 65535-low+1)).Draw(t, "held")
		waiting := rapid.IntRange(0, held).Draw(t, "waiting")
		ruletest.TimeWait(&out, waiting, 60, uint16(low))
		ruletest.Live(&out, rapid.SampledFrom([]tcp.State{tcp.Established, tcp.CloseWait}).Draw(t, "state"), held-waiting, uint16(low+waiting), 7)
		in := ruletest.Inbound("10.0.0.1:9090", "10.0.0.3")
		in.States[tcp.FinWait2], in.MiniFinWait2 = 500, 500
		in.States[tcp.LastAck] = uint64(rapid.IntRange(0, 300).Draw(t, "last ack"))
		ns.Tallies = []evidence.Tally{out, in}
		ns.Counters.Growth, ns.Counters.Over = map[string]int64{"TCPTimeWaitOverflow": rapid.Int64Range(0, 9).Draw(t, "overflow")}, 1e9
	})
}

func TestNothingIsProposedThatHarms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anything(t)
		ns := &s.Namespaces[0]
		p := plan(s, rapid.SampledFrom(say.Langs()).Draw(t, "language"))
		for _, r := range p.Remedies {
			for _, c := range r.Settings {
				safe(t, ns, &r, c)
			}
		}
		undone(t, ns, Changes(p.Remedies))
		undone(t, ns, Changes(p.Kernel()))
	})
}

// safe checks one setting by what the kernel's facts allow.
func safe(t *rapid.T, ns *evidence.Namespace, r *Remedy, c Setting) {
	if c.From == c.To {
		t.Errorf("%+v changes nothing", c)
	}
	from, _ := strconv.ParseInt(c.From, 10, 64)
	to, _ := strconv.ParseInt(c.To, 10, 64)
	bad := false
	switch c.Key {
	case keyRecycle:
		bad = to != 0
	case keyBuckets:
		bad = from < 0 || to <= from
	case keyFinTimeout:
		bad = !(slices.Equal(r.For, []rule.Code{"fin-wait2-orphans"}) && to >= 15 || r.Code == BackToDefault && to == 60)
	case keyReuse:
		bad = ns.Settings.Timestamps.Is(0) && r.Settings[0].Key != keyTimestamps || to == 0
	case keyReuseDelay:
		bad = to < 100 || to >= from
	case keyTimestamps:
		bad = to != 1
	case keyRetries:
		bad = to < 3
	case keyRange:
		wider(t, ns, r)
	case keyReserved:
		was, _ := evidence.ParsePorts(c.From)
		now, err := evidence.ParsePorts(c.To)
		bad = err != nil || was.CountIn(now) != was.Len()
	default:
		t.Errorf("%s is not a setting that linger may write", c.Key)
	}
	if bad {
		t.Errorf("%s: %s from %s to %s", r.Code, c.Key, c.From, c.To)
	}
}

// wider checks what a remedy makes of the range: the kernel takes it, nothing
// is lost, no port is left out by parity, and no service is exposed.
func wider(t *rapid.T, ns *evidence.Namespace, r *Remedy) {
	after, err := Apply(ns.Settings, r.Settings)
	if err != nil {
		t.Fatal(err)
	}
	was, _ := ns.Settings.PortRange()
	now, _ := after.PortRange()
	start := uint16(ns.Settings.UnprivilegedStart.Value)
	if now.Low == 0 || now.Low < start || now.High < was.High || now.Len() <= was.Len() || now.Len()%2 != 0 || now.Low%2 == now.High%2 {
		t.Errorf("%v becomes %v, unprivileged ports begin at %d", was, now, start)
	}
	if int(now.Low) > int(was.Low)+1 { // an odd least begins one port later, to keep the size even
		t.Errorf("%v loses ports of %v", now, was)
	}
	kubernetes := false
	for _, l := range ns.Listeners {
		kubernetes = kubernetes || nodePorts.Has(l.Port)
		if now.Has(l.Port) && !was.Has(l.Port) && !after.Reserved.Has(l.Port) {
			t.Errorf("port %d has a listener, and is exposed by %v", l.Port, now)
		}
	}
	for port := nodePorts.Low; kubernetes && port <= nodePorts.High; port++ {
		if now.Has(port) && !after.Reserved.Has(port) {
			t.Fatalf("NodePort %d is exposed", port)
		}
	}
	if e := r.Effects[0]; e.After.Of <= e.Before.Of {
		t.Errorf("no port is won: %+v", e)
	}
}

// undone checks that writing what was, in any order, gives what was.
func undone(t *rapid.T, ns *evidence.Namespace, changes []Setting) {
	after, err := Apply(ns.Settings, changes)
	if err != nil {
		t.Fatal(err)
	}
	var back []Setting
	for _, c := range changes {
		back = append(back, Setting{Key: c.Key, From: c.To, To: c.From})
	}
	before, err := Apply(after, back)
	if err != nil {
		t.Fatal(err)
	}
	if before.Reserved.String() != ns.Settings.Reserved.String() {
		t.Errorf("reserved ports are not put back: %s", before.Reserved)
	}
	before.Reserved = ns.Settings.Reserved
	if before != ns.Settings {
		t.Errorf("%+v\nis not what was\n%+v", before, ns.Settings)
	}
}
