package portspace_test

import (
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/tcp"
)

func TestRulesFollowTheRelease(t *testing.T) {
	for _, c := range []struct {
		kernel evidence.Kernel
		want   portspace.Rules
	}{
		{"5.10.0-46-amd64", portspace.Rules{OrphansAreRoots: true, Unprivileged: 1024}},
		{"6.1.4-arch1-1", portspace.Rules{AddressTable: true, ForgetsTimeWait: true, OrphansAreRoots: true, Unprivileged: 1024}},
		{"6.1.5", portspace.Rules{AddressTable: true, OrphansAreRoots: true, Unprivileged: 1024}},
		// Debian's name of 6.1.176.
		{"6.1.0-50-amd64", portspace.Rules{AddressTable: true, OrphansAreRoots: true, Unprivileged: 1024, MissesMapped: true}},
		{"6.6.130", portspace.Rules{AddressTable: true, OrphansAreRoots: true, Unprivileged: 1024}},
		{"6.6.131", portspace.Rules{AddressTable: true, OrphansAreRoots: true, Unprivileged: 1024, MissesMapped: true}},
		{"6.17.2", portspace.Rules{AddressTable: true, Unprivileged: 1024}},
		{"6.18.44-fc-v657", portspace.Rules{AddressTable: true, Forgives: true, Unprivileged: 1024}},
		{"7.3.4+deb13-cloud-amd64", portspace.Rules{AddressTable: true, Forgives: true, Unprivileged: 1024}},
		{"what is this", portspace.Rules{AddressTable: true, Forgives: true, Unprivileged: 1024}},
	} {
		if got := portspace.RulesOf(c.kernel, &evidence.Settings{}); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.kernel, got, c.want)
		}
	}
}

var (
	own   = netip.MustParseAddr("10.0.0.1")
	newly = portspace.Rules{AddressTable: true, Forgives: true, Unprivileged: 1024}
)

func bindTo(addr netip.Addr) portspace.Request {
	return portspace.Request{Addr: addr, Port: 8080, V6: addr.Is6(), Privileged: true, Here: evidence.Yes, UID: 1000}
}

func TestWhatDependsOnNobodyElseIsAnsweredFirst(t *testing.T) {
	taken := &evidence.PortHolders{Holders: []evidence.Holder{{Addr: own, State: tcp.Listen, Count: 1}}}
	for name, c := range map[string]struct {
		change func(*portspace.Request)
		want   portspace.Errno
	}{
		"a low port without the right":            {func(r *portspace.Request) { r.Port, r.Privileged = 80, false }, portspace.EACCES},
		"a strange address":                       {func(r *portspace.Request) { r.Here = evidence.No }, portspace.EADDRNOTAVAIL},
		"IPv4 asks for the address first":         {func(r *portspace.Request) { r.Here, r.Port, r.Privileged = evidence.No, 80, false }, portspace.EADDRNOTAVAIL},
		"a mapped address of an IPv6-only socket": {func(r *portspace.Request) { r.V6, r.V6Only = true, true }, portspace.EINVAL},
		"IPv6 asks for the right first": {func(r *portspace.Request) {
			r.Addr, r.V6, r.Here, r.Port, r.Privileged = netip.MustParseAddr("2001:db8::1"), true, evidence.No, 80, false
		}, portspace.EACCES},
		"link-local without an interface": {func(r *portspace.Request) { r.Addr, r.V6 = netip.MustParseAddr("fe80::1"), true }, portspace.EINVAL},
		"IPv6 multicast":                  {func(r *portspace.Request) { r.Addr, r.V6 = netip.MustParseAddr("ff02::1"), true }, portspace.EINVAL},
		"a port that is taken":            {func(*portspace.Request) {}, portspace.EADDRINUSE},
	} {
		req := bindTo(own)
		c.change(&req)
		if v := portspace.Bind(newly, req, taken); v.Bind != (portspace.Outcome{Errno: c.want, Sure: true}) || !v.Fails() {
			t.Errorf("%s: %+v, want %s", name, v.Bind, c.want)
		}
	}
}

func TestAnAddressOfWhichNothingIsKnownIsNotPromised(t *testing.T) {
	req := bindTo(own)
	req.Here = evidence.Unsure
	if v := portspace.Bind(newly, req, &evidence.PortHolders{}); v.Succeeds() || v.Fails() || v.Errno() != portspace.EADDRNOTAVAIL {
		t.Errorf("%+v", v)
	}
	any := bindTo(netip.IPv4Unspecified())
	any.Here = evidence.Unsure
	if v := portspace.Bind(newly, any, &evidence.PortHolders{}); !v.Succeeds() {
		t.Errorf("a wildcard is everywhere: %+v", v)
	}
}

func TestTheForgetfulKernelsOverlookTimeWaitAtOneAddressOnly(t *testing.T) {
	held := &evidence.PortHolders{Holders: []evidence.Holder{{Addr: own, State: tcp.TimeWait, Mini: true, ReuseAddr: evidence.No, ReusePort: evidence.No}}}
	forgetful := portspace.RulesOf("6.1.4", &evidence.Settings{})
	if v := portspace.Bind(forgetful, bindTo(own), held); !v.Succeeds() {
		t.Errorf("one address: %+v", v)
	}
	if v := portspace.Bind(forgetful, bindTo(netip.IPv4Unspecified()), held); !v.Fails() {
		t.Errorf("the wildcard: %+v", v)
	}
}

func TestOrphansCountAsRootsOnOldKernels(t *testing.T) {
	held := &evidence.PortHolders{Holders: []evidence.Holder{{
		Addr: own, State: tcp.LastAck, ReuseAddr: evidence.No, ReusePort: evidence.Yes, UID: 1000, UIDKnown: true, Orphan: true,
	}}}
	req := bindTo(own)
	req.ReusePort = true
	if v := portspace.Bind(portspace.RulesOf("6.12.3", &evidence.Settings{}), req, held); !v.Fails() {
		t.Errorf("6.12: %+v", v)
	}
	if v := portspace.Bind(newly, req, held); !v.Succeeds() {
		t.Errorf("6.18: %+v", v)
	}
}

func TestTheBucketLetsInWhomTheHoldersWouldNot(t *testing.T) {
	held := &evidence.PortHolders{
		Exact:   true,
		Holders: []evidence.Holder{{Addr: own, State: tcp.TimeWait, Mini: true, ReuseAddr: evidence.Yes, ReusePort: evidence.No}},
		Buckets: []evidence.Bucket{{FastReuse: 0, FastReusePort: 2, FastUID: 1000, FastAddr: own}},
	}
	req := bindTo(own)
	req.ReusePort = true
	if v := portspace.Bind(newly, req, held); !v.Succeeds() || !v.Remembered {
		t.Errorf("the same user: %+v", v)
	}
	req.UID = 1001
	if v := portspace.Bind(newly, req, held); !v.Fails() || v.Remembered {
		t.Errorf("another user: %+v", v)
	}
}

func drawHolder(t *rapid.T) evidence.Holder {
	tri := rapid.SampledFrom([]evidence.Tri{evidence.Unsure, evidence.No, evidence.Yes})
	h := evidence.Holder{
		Addr:      rapid.SampledFrom([]netip.Addr{own, netip.MustParseAddr("10.0.0.3"), netip.IPv4Unspecified(), netip.MustParseAddr("fd00::1"), netip.IPv6Unspecified()}).Draw(t, "addr"),
		State:     rapid.SampledFrom([]tcp.State{tcp.Listen, tcp.Established, tcp.BoundInactive, tcp.TimeWait}).Draw(t, "state"),
		ReuseAddr: tri.Draw(t, "reuseaddr"), ReusePort: tri.Draw(t, "reuseport"),
		UID: rapid.SampledFrom([]uint32{0, 1000}).Draw(t, "uid"), UIDKnown: rapid.Bool().Draw(t, "uid known"), Count: 1,
	}
	h.Mini = h.State == tcp.TimeWait
	if h.V6 = h.Addr.Is6() || rapid.Bool().Draw(t, "v6"); h.V6 {
		h.V6Only = tri.Draw(t, "v6only")
	}
	return h
}

func drawRequest(t *rapid.T) portspace.Request {
	r := bindTo(rapid.SampledFrom([]netip.Addr{own, netip.IPv4Unspecified(), netip.MustParseAddr("fd00::1"), netip.IPv6Unspecified()}).Draw(t, "wanted"))
	r.ReuseAddr, r.ReusePort = rapid.Bool().Draw(t, "ra"), rapid.Bool().Draw(t, "rp")
	r.V6Only = r.Addr.Is6() && rapid.Bool().Draw(t, "only")
	return r
}

// settle returns everything that holders can be, by what is known of them.
func settle(holders []evidence.Holder) [][]evidence.Holder {
	all := [][]evidence.Holder{{}}
	for _, h := range holders {
		var more [][]evidence.Holder
		for _, so := range all {
			for _, choice := range choices(h) {
				more = append(more, append(slices.Clone(so), choice))
			}
		}
		all = more
	}
	return all
}

func choices(h evidence.Holder) []evidence.Holder {
	all := []evidence.Holder{h}
	split := func(known bool, set func(*evidence.Holder, bool)) {
		if known {
			return
		}
		var more []evidence.Holder
		for _, c := range all {
			for _, b := range []bool{false, true} {
				d := c
				set(&d, b)
				more = append(more, d)
			}
		}
		all = more
	}
	split(h.ReuseAddr.Known(), func(h *evidence.Holder, b bool) { h.ReuseAddr = evidence.TriOf(b) })
	split(h.ReusePort.Known(), func(h *evidence.Holder, b bool) { h.ReusePort = evidence.TriOf(b) })
	split(!h.V6 || h.V6Only.Known(), func(h *evidence.Holder, b bool) { h.V6Only = evidence.TriOf(b) })
	split(h.UIDKnown, func(h *evidence.Holder, same bool) {
		h.UIDKnown, h.UID = true, 1001
		if same {
			h.UID = 1000
		}
	})
	return all
}

func TestWhatIsNotKnownIsTakenBothWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		held := &evidence.PortHolders{Holders: rapid.SliceOfN(rapid.Custom(drawHolder), 0, 2).Draw(t, "holders")}
		req := drawRequest(t)
		v := portspace.Bind(newly, req, held)
		can, cannot := 0, 0
		for _, holders := range settle(held.Holders) {
			if w := portspace.Bind(newly, req, &evidence.PortHolders{Holders: holders}); w.Succeeds() {
				can++
			} else if w.Fails() {
				cannot++
			} else {
				t.Fatalf("unsure although all is known: %+v of %+v", w, holders)
			}
		}
		if v.Succeeds() != (cannot == 0) || v.Fails() != (can == 0) {
			t.Fatalf("%+v, but of all that can be %d succeed and %d fail", v, can, cannot)
		}
	})
}

func TestAFurtherHolderNeverHelps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		holders := rapid.SliceOfN(rapid.Custom(drawHolder), 1, 4).Draw(t, "holders")
		req := drawRequest(t)
		fewer := portspace.Bind(newly, req, &evidence.PortHolders{Holders: holders[1:]})
		more := portspace.Bind(newly, req, &evidence.PortHolders{Holders: holders})
		if more.Succeeds() && !fewer.Succeeds() || fewer.Fails() && !more.Fails() {
			t.Fatalf("%+v, and with one more %+v", fewer, more)
		}
	})
}
