package why_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/why"
)

var own = netip.MustParseAddr("10.0.0.1")

func listener(pid int) evidence.Holder {
	return evidence.Holder{
		Addr: own, State: tcp.Listen, ReuseAddr: evidence.No, ReusePort: evidence.No, Explicit: evidence.Yes, UIDKnown: true, Count: 1,
		Who: evidence.Maker{PIDs: []int{pid}, Basis: evidence.Held},
	}
}

func lingering(left time.Duration) evidence.Holder {
	return evidence.Holder{
		Addr: own, State: tcp.TimeWait, Mini: true, ReuseAddr: evidence.Yes, ReusePort: evidence.No, Explicit: evidence.Yes, Count: 3,
		Soonest: left / 2, Latest: left, Timed: true,
	}
}

func ask(change func(*why.BindCase), holders ...evidence.Holder) *why.Bind {
	ns := &evidence.Namespace{Name: "host"}
	ns.Settings.PortLow, ns.Settings.PortHigh = evidence.IntOf(32768), evidence.IntOf(60999)
	held := &evidence.PortHolders{Port: 8080, Holders: holders, Exact: true, Owners: []evidence.Owner{{PID: 812, Name: "nginx", Unit: "nginx.service"}}}
	if len(holders) > 0 {
		held.Buckets = []evidence.Bucket{{}}
	}
	c := why.BindCase{
		Namespace: ns, Host: evidence.Host{Kernel: "6.18.1", Tail: 2 * time.Second}, Held: held,
		Request:   portspace.Request{Addr: netip.IPv4Unspecified(), Port: 8080, Privileged: true, Here: evidence.Yes},
		Rehearsal: why.Rehearsal{WhyNot: why.SkipRecording},
	}
	if change != nil {
		change(&c)
	}
	return why.BindOf(c)
}

func kinds(a *why.Bind) []why.CureKind {
	var all []why.CureKind
	for _, c := range a.Cures {
		all = append(all, c.Kind)
	}
	return all
}

func TestEveryCureIsOneThatHelpsShortestFirst(t *testing.T) {
	shared := listener(812)
	shared.ReusePort = evidence.Yes
	for name, c := range map[string]struct {
		holders []evidence.Holder
		change  func(*why.BindCase)
		want    []why.CureKind
	}{
		"nothing is wrong":           {nil, nil, nil},
		"a listener without options": {[]evidence.Holder{listener(812)}, nil, []why.CureKind{why.CureStop}},
		"a listener that shares":     {[]evidence.Holder{shared}, nil, []why.CureKind{why.CureReusePort, why.CureStop}},
		"TIME_WAIT of a server with SO_REUSEADDR": {[]evidence.Holder{lingering(40 * time.Second)}, nil, []why.CureKind{
			why.CureReuseAddr, why.CureWait, why.CureDestroy,
		}},
		"the same, but it is set already": {[]evidence.Holder{lingering(40 * time.Second)}, func(c *why.BindCase) { c.Request.ReuseAddr = true }, nil},
		"both a listener and TIME_WAIT":   {[]evidence.Holder{listener(812), lingering(40 * time.Second)}, nil, []why.CureKind{why.CureStop, why.CureWait}},
		"an IPv4 holder and a socket of both families": {[]evidence.Holder{listener(812)}, func(c *why.BindCase) {
			c.Request.Addr, c.Request.V6 = netip.IPv6Unspecified(), true
		}, []why.CureKind{why.CureV6Only, why.CureStop}},
		"no right":                       {nil, func(c *why.BindCase) { c.Request.Port, c.Request.Privileged = 80, false }, []why.CureKind{why.CureCap}},
		"no such address":                {nil, func(c *why.BindCase) { c.Request.Addr, c.Request.Here = own, evidence.No }, []why.CureKind{why.CureAddress, why.CureFree}},
		"a port that connect() can take": {nil, func(c *why.BindCase) { c.Request.Port = 40000 }, []why.CureKind{why.CureReserve}},
	} {
		if got := kinds(ask(c.change, c.holders...)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestWaitingLastsUntilTheLastLingeringSocketAndTheTimerWheelAreThrough(t *testing.T) {
	a := ask(nil, lingering(40*time.Second), lingering(50*time.Second))
	i := slices.IndexFunc(a.Cures, func(c why.Cure) bool { return c.Kind == why.CureWait })
	if i < 0 || a.Cures[i].In != 52*time.Second {
		t.Errorf("%+v", a.Cures)
	}
}

func TestStoppingAUnitIsLeftToSystemd(t *testing.T) {
	a := ask(nil, listener(812))
	if a.Cures[0].Command != "systemctl stop nginx.service" {
		t.Errorf("%+v", a.Cures)
	}
	b := ask(nil, listener(99))
	if b.Cures[0].Command != "kill 99" {
		t.Errorf("%+v", b.Cures)
	}
}

func TestTheKernelIsBelievedAndADifferenceTold(t *testing.T) {
	for name, c := range map[string]struct {
		holders   []evidence.Holder
		rehearsal why.Rehearsal
		want      why.Certainty
		disagree  bool
	}{
		"both say yes":          {nil, why.Rehearsal{Done: true}, why.Can, false},
		"both say no":           {[]evidence.Holder{listener(1)}, why.Rehearsal{Done: true, Errno: portspace.EADDRINUSE}, why.Cannot, false},
		"only the rule says no": {[]evidence.Holder{listener(1)}, why.Rehearsal{Done: true}, why.Can, true},
		"only the kernel does":  {nil, why.Rehearsal{Done: true, Errno: portspace.EADDRINUSE}, why.Cannot, true},
		"a security module":     {nil, why.Rehearsal{Done: true, Errno: portspace.EACCES}, why.Cannot, true},
	} {
		a := ask(func(b *why.BindCase) { b.Rehearsal = c.rehearsal }, c.holders...)
		if a.Certainty != c.want || a.Disagree != c.disagree {
			t.Errorf("%s: %s, disagree %v", name, a.Certainty, a.Disagree)
		}
	}
}

func TestUnknownOptionsMakeAnUnsureAnswerThatTheKernelSettles(t *testing.T) {
	h := lingering(40 * time.Second)
	h.ReuseAddr, h.ReusePort = evidence.Unsure, evidence.Unsure
	set := func(c *why.BindCase) { c.Request.ReuseAddr, c.Held.Exact, c.Held.Buckets = true, false, nil }
	if a := ask(set, h); a.Certainty != why.Unsure || a.Blocker() == nil {
		t.Errorf("%+v", a)
	}
	if a := ask(func(c *why.BindCase) { set(c); c.Rehearsal = why.Rehearsal{Done: true} }, h); a.Certainty != why.Can || a.Disagree {
		t.Errorf("the kernel said yes: %+v", a)
	}
	if a := ask(func(c *why.BindCase) { set(c); c.Rehearsal = why.Rehearsal{Done: true, Errno: portspace.EADDRINUSE} }, h); a.Certainty != why.Cannot {
		t.Errorf("the kernel said no: %+v", a)
	}
}

func TestDirectionsFollowListenersAndTheRange(t *testing.T) {
	settings := &evidence.Settings{PortLow: evidence.IntOf(32768), PortHigh: evidence.IntOf(60999)}
	tw := func(explicit evidence.Tri) evidence.Holder {
		return evidence.Holder{Addr: own, State: tcp.TimeWait, Mini: true, Explicit: explicit}
	}
	for name, c := range map[string]struct {
		port    uint16
		holders []evidence.Holder
		want    evidence.Direction
	}{
		"connect() chose the port":      {40000, []evidence.Holder{tw(evidence.No)}, evidence.Outbound},
		"a listener is there":           {40000, []evidence.Holder{tw(evidence.Yes), listener(1)}, evidence.Inbound},
		"outside the range":             {8080, []evidence.Holder{tw(evidence.Yes)}, evidence.Inbound},
		"in the range":                  {40000, []evidence.Holder{tw(evidence.Unsure)}, evidence.Outbound},
		"in the range, and bound there": {40000, []evidence.Holder{tw(evidence.Yes)}, 0},
	} {
		held := &evidence.PortHolders{Port: c.port, Holders: c.holders}
		why.Directions(held, settings)
		if got := held.Holders[0].Direction; got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
