package twin_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/twin"
)

func TestReuseFollowsModeLoopbackTimestampsAndDelay(t *testing.T) {
	for _, c := range []struct {
		kernel                 evidence.Kernel
		mode, delay, stamps    string
		loopback               bool
		before, after          time.Duration // refused, allowed
		never, atOnceIsRefused bool
	}{
		{kernel: "6.18", mode: "0", never: true},
		{kernel: "6.18", mode: "2", never: true},
		{kernel: "6.18", mode: "1", stamps: "0", never: true},
		{kernel: "6.18", mode: "2", loopback: true, before: 1000 * time.Millisecond, after: 1001 * time.Millisecond},
		{kernel: "6.18", mode: "1", before: 1000 * time.Millisecond, after: 1001 * time.Millisecond},
		{kernel: "6.18", mode: "1", delay: "50", before: 50 * time.Millisecond, after: 51 * time.Millisecond},
		{kernel: "6.18", mode: "1", delay: "300", before: 300 * time.Millisecond, after: 301 * time.Millisecond},
		{kernel: "6.1", mode: "1", before: 299 * time.Millisecond, after: 300 * time.Millisecond}, // made at x.7 s
		{kernel: "4.9", mode: "1", before: 1299 * time.Millisecond, after: 1300 * time.Millisecond},
	} {
		h := newClient(t, c.kernel, "tcp_tw_reuse", c.mode, "ip_local_port_range", "20000 20000")
		if c.delay != "" {
			h.set("tcp_tw_reuse_delay", c.delay)
		}
		if c.stamps != "" {
			h.set("tcp_timestamps", c.stamps)
		}
		if c.loopback {
			lo := netip.MustParseAddr("127.0.0.1")
			h.to = h.Outbound(lo, netip.AddrPortFrom(lo, 80))
		}
		begin := 700 * time.Millisecond
		h.Advance(begin)
		h.linger()
		h.set("tcp_timestamps", "1") // those of the old connection matter
		if c.never {
			h.Advance(begin + 59*time.Second)
			h.refuses("mode " + c.mode)
			continue
		}
		h.Advance(begin + c.before)
		h.refuses(c.before.String())
		h.Advance(begin + c.after)
		if a := h.connect(); !a.Reused || h.Counters().TWRecycled != 1 || h.Minis() != 0 {
			t.Errorf("%+v: %+v", c, a)
		}
	}
}

func TestReuseServesThePortsOncePerDelay(t *testing.T) {
	for _, c := range []struct {
		delay string
		for_  time.Duration
		want  uint64
	}{{"1000", 3200 * time.Millisecond, 400}, {"100", 2050 * time.Millisecond, 2100}} {
		h := newClient(t, "6.18", "tcp_tw_reuse", "1", "tcp_tw_reuse_delay", c.delay, "ip_local_port_range", "20000 20099")
		d := h.Drive(twin.Traffic{Groups: []twin.GroupID{h.to}, Rate: 50_000})
		d.Run(c.for_)
		if d.Opened != c.want {
			t.Errorf("delay %s ms: %d connections in %v, the kernel made %d", c.delay, d.Opened, c.for_, c.want)
		}
	}
}

func TestReuseTakesNoFinWait2Since612(t *testing.T) {
	for kernel, want := range map[evidence.Kernel]error{"6.18": twin.EADDRNOTAVAIL, "6.12": twin.EADDRNOTAVAIL, "6.8": nil} {
		h := newClient(t, kernel, "tcp_tw_reuse", "1", "ip_local_port_range", "20000 20000")
		h.close(h.connect().Conn, twin.Abandoned)
		h.Advance(30 * time.Second)
		if _, err := h.Connect(h.to, twin.Dial{}); err != want {
			t.Errorf("%s: %v, want %v", kernel, err, want)
		}
	}
}

func TestABoundPortTakesATimeWaitAtOnceIfThatHadTimestamps(t *testing.T) {
	for stamps, want := range map[string]error{"1": nil, "0": twin.EADDRNOTAVAIL} {
		h := newClient(t, "6.18", "tcp_tw_reuse", "0", "tcp_timestamps", stamps, "ip_local_port_range", "20000 20000")
		if _, err := h.Connect(h.to, twin.Dial{ReuseAddr: true}); err != nil {
			t.Fatal(err)
		}
		conn := twin.Conn{Group: h.to, Port: 20000}
		id, _, err := h.Bind(here, 20000, twin.SocketOptions{ReuseAddr: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.ConnectFrom(id, h.to); !errors.Is(err, twin.EADDRNOTAVAIL) {
			t.Errorf("the four-tuple is live, but connect() from its port gave %v", err)
		}
		h.close(conn, twin.ByUs)
		h.set("tcp_timestamps", "1")
		a, err := h.ConnectFrom(id, h.to)
		if !errors.Is(err, want) || (err == nil) != a.Reused {
			t.Errorf("timestamps %s: %+v, %v", stamps, a, err)
		}
	}
}

func TestASettingTakesEffectOnWhatIsThere(t *testing.T) {
	h := newClient(t, "6.18", "tcp_tw_reuse", "0", "ip_local_port_range", "20000 20009")
	for range 10 {
		h.linger()
	}
	h.Advance(2 * time.Second)
	h.refuses("full")
	h.set("tcp_tw_reuse", "1")
	h.connect()
	h.set("tcp_tw_reuse_delay", "60000")
	h.refuses("not old enough")
	h.set("ip_local_port_range", "20000 20010")
	if got := h.fill(); len(got) != 1 && len(got) != 0 { // an odd range may miss one
		t.Errorf("%d ports in a range that grew by one", len(got))
	}
}

func TestAPeersNewSynTakesATimeWaitWithoutACount(t *testing.T) {
	h := newHost(t, twin.Options{})
	in := h.Inbound(netip.AddrPortFrom(here, 80), there.Addr())
	c, err := h.Accept(in, 40000, twin.SocketOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Accept(in, 40000, twin.SocketOptions{}); err == nil {
		t.Error("a live four-tuple was accepted again")
	}
	if err := h.Close(c, twin.ByUs); err != nil || h.Minis() != 1 {
		t.Fatalf("%v, %d mini-sockets", err, h.Minis())
	}
	if _, err := h.Accept(in, 40000, twin.SocketOptions{}); err != nil || h.Minis() != 0 || h.Counters().TWRecycled != 0 {
		t.Errorf("%v, %d mini-sockets, %+v", err, h.Minis(), h.Counters())
	}
}

func TestWhatWasKilledBeforeAnIdleTimeIsInNobodysWay(t *testing.T) {
	h := newClient(t, "2.6.32", "tcp_tw_reuse", "1", "ip_local_port_range", "20000 20000")
	if err := h.Kill(h.linger()); err != nil {
		t.Fatal(err)
	}
	h.Advance(1000 * time.Second)
	h.linger()
	h.Advance(1003 * time.Second)
	if a := h.connect(); !a.Reused {
		t.Errorf("%+v", a)
	}
}
