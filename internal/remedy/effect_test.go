package remedy

import (
	"math"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule/ruletest"
	"github.com/linger-dev/linger/internal/say"
)

// near reports whether two numbers agree to a thousandth.
func near(a, b float64) bool { return math.Abs(a-b) <= math.Abs(b)/1000 }

func TestTheRateLimitIsPortsByTheTimeThatOneIsHeld(t *testing.T) {
	p := plan(phpOut(), say.English)
	const usable = 28232 - 32 // live connections hold the others
	wheel := 62.048           // 60 s, and a step of the timer wheel at HZ=250
	for _, c := range []struct {
		code  Code
		limit float64
		left  int
		ends  bool
	}{
		{KeepAlive, usable / wheel * perConnection, 0, true},
		{WiderRange, (64512 - 32 - 1) / wheel, 64512 - 28232 - 1, false}, // port 20022 is reserved
		{MoreAddresses, (usable + 2*28232) / wheel, 2 * 28232, true},
		{Reuse, usable / 1.0, 27730, true}, // all but those of the last second
	} {
		r := find(p, c.code)
		if r == nil {
			t.Errorf("no %s", c.code)
			continue
		}
		e := r.Effects[0]
		if !near(e.Before.Limit, usable/wheel) || e.Before.Left != 0 || e.Before.Never || e.Before.In != 0 {
			t.Errorf("%s before: %+v", c.code, e.Before)
		}
		if !near(e.After.Limit, c.limit) || e.After.Left != c.left || e.Ends != c.ends || !e.After.Never {
			t.Errorf("%s after: %+v, ends %v; want %+v", c.code, e.After, e.Ends, c)
		}
		if !near(e.Room, e.After.Limit/470) {
			t.Errorf("%s has room for %.2f times the rate", c.code, e.Room)
		}
	}
}

func TestTheTimerWheelOfTheHostCounts(t *testing.T) {
	for _, c := range []struct {
		hz   int
		tail time.Duration
		want time.Duration
	}{{100, 0, 5120 * time.Millisecond}, {250, 0, 2048 * time.Millisecond}, {0, 0, 2 * time.Second}, {250, time.Second, time.Second}} {
		if got := tailOf(&evidence.Host{HZ: c.hz, Tail: c.tail}); got != c.want {
			t.Errorf("HZ=%d: %v, want %v", c.hz, got, c.want)
		}
	}
}

func TestPortsThatAreAllBoundAreWonBack(t *testing.T) {
	p := plan(ruletest.Snapshot(func(_ *evidence.Snapshot, ns *evidence.Namespace) {
		ns.Settings.PortLow, ns.Settings.PortHigh = evidence.IntOf(40000), evidence.IntOf(40003)
		ns.Bound.Idle = evidence.PortSetOf(40000, 40001, 40002)
		ns.Bound.Listening = evidence.PortSetOf(40003)
	}), say.English)
	bind, wide := find(p, NoExplicitBind), find(p, WiderRange)
	if bind == nil || bind.Effects[0].After.Of != 3 || bind.Effects[0].Group != nil {
		t.Errorf("the listener keeps its port, the others come back: %+v", bind)
	}
	if wide == nil || !wide.Ends || find(p, Reuse) != nil || find(p, KeepAlive) != nil || !refuses(p, "tcp_tw_reuse=1") {
		t.Errorf("no TIME_WAIT is to blame: %+v", p.Remedies)
	}
}

func TestServicesThatRanAMinuteAgoKeepTheirPorts(t *testing.T) {
	s := phpOut()
	ns := &s.Namespaces[0]
	gone := ruletest.Inbound("10.0.0.1:8080", "10.0.0.9")
	gone.Reason = evidence.ByPortRange
	guess := ruletest.Inbound("10.0.0.1:9090", "10.0.0.9")
	guess.Reason = evidence.ByLowerPort
	ns.Tallies = append(ns.Tallies, gone, guess)
	if r := find(plan(s, say.English), WiderRange); r == nil || r.Settings[0].To != "8080,20022" {
		t.Errorf("%+v", r)
	}
	ns.Settings.Reserved = nil
	p := plan(s, say.English)
	if find(p, WiderRange) != nil || !refuses(p, "widen ip_local_port_range") {
		t.Error("the range was widened over services, though ports cannot be reserved")
	}
}

func TestAStoppedProcessIsLetRunOnFirst(t *testing.T) {
	p := plan(closeWait(), say.English)
	if p.Remedies[0].Code != ContinueProcess || p.Remedies[0].Title != "let worker (60) run on" {
		t.Errorf("%+v", p.Remedies[0])
	}
	if r := find(p, CloseAtEnd); r == nil || r.Snippets[0].Client != Java {
		t.Errorf("%+v", r)
	}
	s := closeWait()
	s.Owners[1].State = "t"
	if r := find(plan(s, say.English), ContinueProcess); r == nil || len(r.What) == len(p.Remedies[0].What) {
		t.Errorf("a debugger holds it: %+v", r)
	}
}
