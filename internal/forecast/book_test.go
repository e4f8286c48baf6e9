package forecast_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/forecast"
	"github.com/linger-dev/linger/internal/rule/ruletest"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/twin"
)

func TestTheMostEndangeredComeFirstAndTheRestIsCounted(t *testing.T) {
	s := ruletest.Snapshot(func(_ *evidence.Snapshot, ns *evidence.Namespace) {
		ns.Settings.PortLow, ns.Settings.PortHigh = evidence.IntOf(20000), evidence.IntOf(20999)
		for i := range 12 {
			o := ruletest.Outbound("10.0.0.1", fmt.Sprintf("10.0.0.%d:80", i+2))
			ruletest.TimeWait(&o, 60*(i+1), 60, 20000)
			ns.Tallies = append(ns.Tallies, o)
		}
		quiet := ruletest.Outbound("10.0.0.1", "10.0.1.1:80")
		ruletest.Live(&quiet, tcp.Established, 5, 20000)
		ns.Tallies = append(ns.Tallies, quiet, ruletest.Inbound("10.0.0.1:80", "10.0.0.9"))
	})
	f := forecast.Of(s, forecast.Options{Groups: 3})
	if len(f.Groups) != 3 || f.Safe+f.Beyond+3 != 13 || f.Safe < 1 || f.Beyond < 8 {
		t.Fatalf("%d groups, %d safe, %d beyond", len(f.Groups), f.Safe, f.Beyond)
	}
	for i, g := range f.Groups {
		if want := fmt.Sprintf("10.0.0.%d", 13-i); g.Key.Dst.String() != want {
			t.Errorf("number %d is %s, want %s", i, g.Key.Dst, want)
		}
	}
	f = forecast.Of(s, forecast.Options{Work: 10})
	for _, g := range f.Groups { // arithmetic costs nothing
		if g.AsIs == nil || !g.AsIs.Never || g.AsIs.Runs > 0 || g.Ten != nil {
			t.Errorf("with no work to spend: %+v", g)
		}
	}
	if f.Work != 0 || len(f.Groups)+f.Beyond+f.Safe != 13 {
		t.Errorf("with no work to spend: %+v", f)
	}
}

func TestAKernelThatTheTwinDoesNotKnowIsSaid(t *testing.T) {
	s := toward(50, 10, 0, 1000, nil)
	s.Host.Kernel = "1.2.13"
	f := forecast.Of(s, forecast.Options{})
	if len(f.Groups) != 0 || len(f.Failed) != 1 || f.Failed[0].Because == "" {
		t.Errorf("%+v", f)
	}
	if _, ok := outlook(s, forecast.Change{}); ok {
		t.Error("it has an outlook")
	}
}

func TestWhatCannotBeToldIsNotTold(t *testing.T) {
	s := toward(50, 10, 0, 1000, func(ns *evidence.Namespace, _ *evidence.Tally) {
		ns.Settings.Timestamps, ns.Settings.TWReuse = evidence.IntOf(0), evidence.IntOf(1)
	})
	on := s.Namespaces[0].Settings
	on.Timestamps = evidence.IntOf(1)
	if o, ok := outlook(s, forecast.Change{Settings: &on}); ok {
		t.Errorf("what waits has no timestamps, what comes has: %+v", o)
	}
	if o, ok := outlook(s, forecast.Change{}); !ok || o.Never {
		t.Errorf("without timestamps nothing is taken over: %+v", o)
	}
	b := forecast.New(s, forecast.Options{})
	if _, ok := b.If(forecast.Change{Namespace: "blue", Group: s.Namespaces[0].Tallies[0].Key}); ok {
		t.Error("no such namespace")
	}
	if _, ok := b.If(forecast.Change{Namespace: "host", Group: evidence.Key{Direction: evidence.Outbound, Port: 1}}); ok {
		t.Error("no such group")
	}
	if _, ok := b.IfQuota("blue", &on, 1); ok {
		t.Error("no such namespace")
	}
}

func TestChangesDoWhatTheySay(t *testing.T) {
	s := toward(50, 10, 100, 1000, func(ns *evidence.Namespace, _ *evidence.Tally) {
		ns.Bound.Idle = new(evidence.PortSet)
		for p := uint16(20700); p < 20900; p++ {
			ns.Bound.Idle.Add(p)
		}
	})
	asIs, _ := outlook(s, forecast.Change{})
	if asIs.Never || asIs.Of != 800 {
		t.Fatalf("%+v", asIs)
	}
	if o, ok := outlook(s, forecast.Change{Unbound: true}); !ok || o.Of != 1000 || later(asIs, o, 0) {
		t.Errorf("nobody binds: %+v", o)
	}
	if o, ok := outlook(s, forecast.Change{Passive: true}); !ok || !o.Never {
		t.Errorf("the other side closes: %+v", o)
	}
	if o, ok := outlook(s, forecast.Change{Times: 0.01, Longer: 100}); !ok || !o.Never {
		t.Errorf("a hundred requests on each connection: %+v", o)
	}
	reuse := s.Namespaces[0].Settings
	reuse.TWReuse = evidence.IntOf(1)
	if o, ok := outlook(s, forecast.Change{Settings: &reuse}); !ok || !o.Never || !o.TakesOver {
		t.Errorf("taking over: %+v", o)
	}
}

func TestLivePortsThatNobodyGivesBackAreOutNow(t *testing.T) {
	s := ruletest.Snapshot(func(_ *evidence.Snapshot, ns *evidence.Namespace) {
		ns.Settings.PortLow, ns.Settings.PortHigh = evidence.IntOf(20000), evidence.IntOf(20099)
		o := ruletest.Outbound("10.0.0.1", "10.0.0.2:80")
		ruletest.Live(&o, tcp.Established, 100, 20000)
		ns.Tallies = []evidence.Tally{o}
	})
	if f := forecast.Of(s, forecast.Options{}); len(f.Groups) != 1 || f.Groups[0].AsIs.Never || f.Groups[0].AsIs.In != 0 {
		t.Errorf("%+v", f)
	}
}

// TestAQuotaOverflowsWhenATwinSaysSo drives the same connections to very many
// peers on a whole twin, with a real quota.
func TestAQuotaOverflowsWhenATwinSaysSo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate, limit := rapid.Int64Range(20, 400).Draw(t, "rate"), rapid.Int64Range(200, 20000).Draw(t, "limit")
		look := time.Duration(rapid.Int64Range(11, 59).Draw(t, "look")) * time.Second
		if full := time.Duration(limit) * time.Second / time.Duration(rate); full < look || full > 55*time.Second && full < 70*time.Second {
			t.Skip("full before the look, or at the edge of a life")
		}
		h, err := twin.New(twin.Options{Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Set("net.ipv4.tcp_max_tw_buckets", fmt.Sprint(limit)); err != nil {
			t.Fatal(err)
		}
		service := h.Inbound(netip.MustParseAddrPort("10.0.0.1:80"), netip.Addr{})
		d := h.Drive(twin.Traffic{Groups: []twin.GroupID{service}, Rate: rate})
		d.Run(look)
		q, ok := forecast.New(h.Snapshot(), forecast.Options{}).IfQuota("twin", ptr(h.Settings()), 1)
		if !ok {
			t.Fatal("no outlook")
		}
		at := time.Duration(-1)
		for until := look; until < look+200*time.Second && at < 0; until += 100 * time.Millisecond {
			if d.Run(until); h.Counters().TCPTimeWaitOverflow > 0 {
				at = until - look
			}
		}
		if q.Never != (at < 0) {
			t.Fatalf("%+v; it overflowed after %v", q, at)
		}
		if off := q.In - at; !q.Never && max(off, -off) > at/20+2*time.Second {
			t.Fatalf("%+v; it overflowed after %v", q, at)
		}
	})
}

func ptr[T any](v T) *T { return &v }
