package twin_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/twin"
)

func TestBindZeroTakesTheOtherParityOrHalf(t *testing.T) {
	h := newClient(t, "6.18")
	for range 300 {
		id, _, err := h.Bind(here, 0, twin.SocketOptions{})
		if err != nil || h.Port(id)%2 != 1 {
			t.Fatalf("port %d, %v", h.Port(id), err)
		}
	}
	for range 300 {
		id, _, err := h.Bind(here, 0, twin.SocketOptions{ReuseAddr: true})
		if err != nil || h.Port(id) > 46883 {
			t.Fatalf("with SO_REUSEADDR: port %d, %v", h.Port(id), err)
		}
	}
}

func TestBindZeroEndsWithEADDRINUSEUnlessAutobindReuseShares(t *testing.T) {
	h := newClient(t, "6.18", "ip_local_port_range", "20000 20003")
	bind := func() error {
		_, _, err := h.Bind(here, 0, twin.SocketOptions{ReuseAddr: true})
		return err
	}
	for range 4 {
		if err := bind(); err != nil {
			t.Fatal(err)
		}
	}
	if err := bind(); !errors.Is(err, twin.EADDRINUSE) {
		t.Errorf("the fifth of four: %v", err)
	}
	h.set("ip_autobind_reuse", "1")
	for range 10 {
		if err := bind(); err != nil {
			t.Fatalf("with ip_autobind_reuse: %v", err)
		}
	}
}

func TestBindOverTimeWaitFollowsTheMatrix(t *testing.T) {
	none, port, addr, both := twin.SocketOptions{}, twin.SocketOptions{ReusePort: true}, twin.SocketOptions{ReuseAddr: true}, twin.SocketOptions{ReuseAddr: true, ReusePort: true}
	binders := []twin.SocketOptions{none, port, addr, both}
	for _, c := range []struct {
		from string
		has  twin.SocketOptions
		ok   string // for each binder
	}{
		{"inbound", none, "...."},
		{"inbound", addr, "..ok"},
		{"inbound", port, ".o.k"},
		{"inbound", both, ".ook"},
		{"outbound", none, "...."},
		{"outbound", addr, "..ok"},
		{"outbound", port, ".o.k"},
	} {
		for i, binder := range binders {
			h := newClient(t, "6.18", "ip_local_port_range", "20000 20000")
			if c.from == "inbound" {
				conn, err := h.Accept(h.Inbound(netip.AddrPortFrom(here, 20000), there.Addr()), 5555, c.has)
				if err != nil {
					t.Fatal(err)
				}
				h.close(conn, twin.ByUs)
			} else {
				a, err := h.Connect(h.to, twin.Dial{ReuseAddr: c.has.ReuseAddr, ReusePort: c.has.ReusePort})
				if err != nil {
					t.Fatal(err)
				}
				h.close(a.Conn, twin.ByUs)
			}
			for _, at := range []netip.Addr{here, netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
				id, _, err := h.Bind(at, 20000, binder)
				if want := c.ok[i] != '.'; (err == nil) != want {
					t.Errorf("%s TIME_WAIT with %+v, binder %+v at %v: %v", c.from, c.has, binder, at, err)
				}
				if err == nil {
					h.Unbind(id)
				}
			}
			if _, _, err := h.Bind(netip.MustParseAddr("10.0.0.9"), 20000, binder); err != nil {
				t.Errorf("another address of the host: %v", err)
			}
		}
	}
}

func TestBoundUsersPoisonAPortForAutomaticConnects(t *testing.T) {
	elsewhere := netip.MustParseAddr("10.0.0.9")
	for name, c := range map[string]struct {
		prepare func(*client)
		refused bool
	}{
		"bound, not connected": {func(h *client) { h.Bind(elsewhere, 20000, twin.SocketOptions{}) }, true},
		"a listener": {func(h *client) {
			id, _, _ := h.Bind(elsewhere, 20000, twin.SocketOptions{})
			if err := h.Listen(id); err != nil {
				h.t.Error(err)
			}
		}, true},
		"TIME_WAIT of a bound client": {func(h *client) {
			id, _, _ := h.Bind(here, 20000, twin.SocketOptions{})
			a, err := h.ConnectFrom(id, h.Outbound(here, netipPort(there, 81)))
			if err != nil {
				h.t.Error(err)
			}
			h.close(a.Conn, twin.ByUs)
		}, true},
		"TIME_WAIT of an accepted connection": {func(h *client) {
			c, _ := h.Accept(h.Inbound(netip.AddrPortFrom(here, 20000), there.Addr()), 5555, twin.SocketOptions{})
			h.close(c, twin.ByUs)
		}, true},
		"automatic, to another destination": {func(h *client) {
			to := h.to
			h.to = h.Outbound(here, netipPort(there, 81))
			h.connect()
			h.to = to
		}, false},
		"TIME_WAIT of an automatic one": {func(h *client) {
			to := h.to
			h.to = h.Outbound(here, netipPort(there, 81))
			h.linger()
			h.to = to
		}, false},
	} {
		h := newClient(t, "6.18", "ip_local_port_range", "20000 20000")
		c.prepare(h)
		if _, err := h.Connect(h.to, twin.Dial{}); (err != nil) != c.refused {
			t.Errorf("%s: %v", name, err)
		}
		h.Advance(70 * time.Second)
		if c.refused && name[:4] == "TIME" {
			h.connect()
		}
	}
}

func TestABindThatCameAndWentIsForgottenSince618(t *testing.T) {
	for kernel, forgets := range map[evidence.Kernel]bool{"6.18": true, "6.12": false, "5.10": false} {
		h := newClient(t, kernel, "ip_local_port_range", "20000 20000", "tcp_tw_reuse", "0")
		to := h.to
		h.to = h.Outbound(here, netipPort(there, 81))
		a, err := h.Connect(h.to, twin.Dial{ReuseAddr: true})
		if err != nil {
			t.Fatal(err)
		}
		h.to = to
		id, _, err := h.Bind(here, 20000, twin.SocketOptions{ReuseAddr: true})
		if err != nil {
			t.Fatal(err)
		}
		h.refuses("bound")
		h.Unbind(id)
		if !forgets {
			h.refuses("the bucket remembers")
			h.close(a.Conn, twin.ByThem) // now it is empty
		}
		h.connect()
	}
}

func TestListenFailsIfAnotherListenerWasFaster(t *testing.T) {
	h := newHost(t, twin.Options{})
	var ids []twin.SocketID
	for range 2 {
		id, _, err := h.Bind(here, 8080, twin.SocketOptions{ReuseAddr: true})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := h.Listen(ids[0]); err != nil {
		t.Fatal(err)
	}
	if err := h.Listen(ids[1]); !errors.Is(err, twin.EADDRINUSE) {
		t.Errorf("the second listener: %v", err)
	}
}
