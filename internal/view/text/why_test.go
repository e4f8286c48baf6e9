package text_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/view/text"
	"github.com/linger-dev/linger/internal/why"
)

// whyNamespace has the usual range and settings.
func whyNamespace() *evidence.Namespace {
	ns := &evidence.Namespace{Name: "host"}
	ns.Settings.PortLow, ns.Settings.PortHigh = evidence.IntOf(32768), evidence.IntOf(60999)
	ns.Settings.TWReuse = evidence.IntOf(0)
	return ns
}

// heldPort is held in every way, by a process whose name is hostile.
func heldPort() *evidence.PortHolders {
	server := netip.MustParseAddr("10.0.0.1")
	peer := netip.MustParseAddrPort("10.0.0.9:51000")
	who := evidence.Maker{PIDs: []int{66}, Basis: evidence.Held}
	h := func(state tcp.State, change func(*evidence.Holder)) evidence.Holder {
		h := evidence.Holder{
			Addr: server, State: state, ReuseAddr: evidence.Yes, ReusePort: evidence.No, Explicit: evidence.Yes,
			UID: 33, UIDKnown: true, Count: 1, Who: who,
		}
		change(&h)
		return h
	}
	return &evidence.PortHolders{
		Port: 40000, Exact: true, Buckets: []evidence.Bucket{{}}, Owners: []evidence.Owner{{PID: 66, Name: hostile}},
		Holders: []evidence.Holder{
			h(tcp.Listen, func(h *evidence.Holder) { h.Addr, h.V6, h.V6Only = netip.IPv6Unspecified(), true, evidence.Yes }),
			h(tcp.BoundInactive, func(h *evidence.Holder) { h.ReuseAddr, h.ReusePort = evidence.Unsure, evidence.Unsure }),
			h(tcp.Established, func(h *evidence.Holder) { h.Count, h.Remote, h.Direction = 1200, peer, evidence.Inbound }),
			h(tcp.LastAck, func(h *evidence.Holder) { h.Orphan, h.Who, h.ReusePort = true, evidence.Maker{}, evidence.Yes }),
			h(tcp.TimeWait, func(h *evidence.Holder) {
				h.Mini, h.Count, h.Remote, h.Direction, h.ReuseAddr = true, 3, peer, evidence.Inbound, evidence.No
				h.Timed, h.Latest, h.Who = true, 41*time.Second, evidence.Maker{PIDs: []int{66}, Basis: evidence.FromListener}
			}),
		},
		Gaps: []evidence.Gap{{What: "no permission", Loses: "something", Hint: "sudo linger"}},
	}
}

func whyBind(change func(*why.BindCase)) *why.Bind {
	c := why.BindCase{
		Namespace: whyNamespace(), Host: evidence.Host{Kernel: "6.18.1", Tail: 2 * time.Second}, Held: heldPort(),
		Request:   portspace.Request{Addr: netip.IPv4Unspecified(), Port: 40000, ReuseAddr: true, Privileged: true, Here: evidence.Yes},
		Rehearsal: why.Rehearsal{Done: true, Errno: portspace.EADDRINUSE}, Elsewhere: []string{"blue"},
	}
	change(&c)
	return why.BindOf(c)
}

func binds() map[string]*why.Bind {
	only := func(i int) func(*why.BindCase) {
		return func(c *why.BindCase) { c.Held.Holders = c.Held.Holders[i : i+1] }
	}
	return map[string]*why.Bind{
		"everybody": whyBind(func(*why.BindCase) {}),
		"time-wait": whyBind(only(4)),
		"unsure": whyBind(func(c *why.BindCase) {
			only(1)(c)
			c.Rehearsal, c.Held.Exact, c.Held.Buckets = why.Rehearsal{WhyNot: why.SkipRecording}, false, nil
		}),
		"orphan":     whyBind(func(c *why.BindCase) { only(3)(c); c.Request.ReuseAddr = false }),
		"connection": whyBind(func(c *why.BindCase) { only(2)(c); c.Request.ReuseAddr = false }),
		"free": whyBind(func(c *why.BindCase) {
			c.Held = &evidence.PortHolders{Port: 40000, Exact: true}
			c.Rehearsal = why.Rehearsal{Done: true}
		}),
		"disagree": whyBind(func(c *why.BindCase) {
			c.Held = &evidence.PortHolders{Port: 40000, Exact: true}
		}),
		"low": whyBind(func(c *why.BindCase) {
			c.Request.Port, c.Request.Privileged, c.Request.UID = 80, false, 1000
			c.Rehearsal = why.Rehearsal{WhyNot: why.SkipUser}
		}),
		"elsewhere": whyBind(func(c *why.BindCase) {
			c.Request.Addr, c.Request.Here = netip.MustParseAddr("192.0.2.1"), evidence.No
			c.Rehearsal = why.Rehearsal{Done: true, Errno: portspace.EADDRNOTAVAIL}
		}),
	}
}

func TestWhyAPortCannotBeBoundLooksAsInTheGoldenFiles(t *testing.T) {
	for name, a := range binds() {
		for _, lang := range say.Langs() {
			opt := text.Options{Width: 90, Unicode: lang == say.Chinese}
			var out strings.Builder
			if err := text.New(&out, opt).WhyBind(a, lang); err != nil {
				t.Fatal(err)
			}
			golden(t, "why-bind-"+name+"-"+lang.String(), out.String())
			safe(t, out.String(), opt)
		}
	}
}

// connects are destinations with every kind of port.
func connects() map[string]*why.Connect {
	ask := func(left uint16, change func(*why.ConnectCase)) *why.Connect {
		u := &evidence.PortUse{
			Range: evidence.PortRange{Low: 32768, High: 60999}, Exact: true, Bound: evidence.PortSetOf(32768, 32769, 32770, 32771, 32772, 32773),
			Listening: evidence.PortSetOf(32768), Idle: evidence.PortSetOf(32769), Chosen: evidence.PortSetOf(32770),
			Accepted: evidence.PortSetOf(32771), Lingering: evidence.PortSetOf(32772), Live: evidence.PortSetOf(32774), FinWait2: evidence.PortSetOf(32775),
		}
		for p := uint16(32776); p <= 60999-left; p++ {
			u.Waiting = append(u.Waiting, evidence.PortWait{Port: p, Age: 2 * time.Second, Left: 12 * time.Second, Stamped: evidence.Yes})
		}
		c := why.ConnectCase{
			Snapshot: &evidence.Snapshot{Owners: []evidence.Owner{{PID: 66, Name: hostile}}}, Namespace: whyNamespace(),
			Src: netip.MustParseAddr("10.0.0.1"), Dst: netip.MustParseAddrPort("10.0.9.2:3306"), Use: u,
			Spenders: []why.Spender{{Who: evidence.Maker{PIDs: []int{66}, Basis: evidence.Held}, Bound: 4, Live: 1}},
		}
		c.Namespace.Settings.Reserved = evidence.PortSetOf(60998)
		change(&c)
		return why.ConnectOf(c)
	}
	return map[string]*why.Connect{
		"out": ask(0, func(c *why.ConnectCase) {
			c.Namespace.Counters.Growth, c.Namespace.Counters.Over = map[string]int64{"AttemptFails": 7}, 250*time.Millisecond
			c.Tried = &why.Tried{Errno: "EADDRNOTAVAIL", Took: 300 * time.Microsecond}
		}),
		"reuse":   ask(0, func(c *why.ConnectCase) { c.Namespace.Settings.TWReuse = evidence.IntOf(1) }),
		"refused": ask(1000, func(c *why.ConnectCase) { c.Tried = &why.Tried{Errno: "ECONNREFUSED", Took: 80 * time.Microsecond} }),
	}
}

func TestWhyConnectsFailLooksAsInTheGoldenFiles(t *testing.T) {
	for name, a := range connects() {
		for _, lang := range say.Langs() {
			opt := text.Options{Unicode: lang == say.Chinese}
			var out strings.Builder
			if err := text.New(&out, opt).WhyConnect(a, lang); err != nil {
				t.Fatal(err)
			}
			golden(t, "why-connect-"+name+"-"+lang.String(), out.String())
			safe(t, out.String(), opt)
		}
	}
}

func TestEveryCureHasWordsInBothLanguages(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range binds() {
		for _, lang := range say.Langs() {
			var out strings.Builder
			if err := text.New(&out, text.Options{Unicode: true}).WhyBind(a, lang); err != nil {
				t.Fatal(err)
			}
			for _, c := range a.Cures {
				seen[string(c.Kind)] = true
				if strings.Contains(out.String(), "- "+string(c.Kind)+"\n") {
					t.Errorf("%s is told by its code", c.Kind)
				}
			}
		}
	}
	if len(seen) < 6 {
		t.Errorf("the cases show only the cures %v", seen)
	}
}
