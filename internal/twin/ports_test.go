package twin_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/twin"
)

// client is a host with one destination.
type client struct {
	*twin.Host
	t  testing.TB
	to twin.GroupID
}

func newClient(t testing.TB, kernel evidence.Kernel, settings ...string) *client {
	t.Helper()
	h := newHost(t, twin.Options{Kernel: kernel, Seed: 3})
	c := &client{Host: h, t: t, to: h.Outbound(here, there)}
	c.set(settings...)
	return c
}

func (c *client) set(pairs ...string) {
	c.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		set(c.t, c.Host, "net.ipv4."+pairs[i], pairs[i+1])
	}
}

// connect must succeed.
func (c *client) connect() twin.Attempt {
	c.t.Helper()
	a, err := c.Connect(c.to, twin.Dial{})
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

// linger leaves one TIME_WAIT.
func (c *client) linger() twin.Conn {
	c.t.Helper()
	a := c.connect()
	c.close(a.Conn, twin.ByUs)
	return a.Conn
}

func (c *client) close(conn twin.Conn, how twin.Closing) {
	c.t.Helper()
	if err := c.Close(conn, how); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) refuses(why string) {
	c.t.Helper()
	if a, err := c.Connect(c.to, twin.Dial{}); !errors.Is(err, twin.EADDRNOTAVAIL) {
		c.t.Errorf("%s: connect() got port %d (%v), must fail with EADDRNOTAVAIL", why, a.Port, err)
	}
}

// fill connects until nothing is left, and returns the ports.
func (c *client) fill() (ports []uint16) {
	for {
		a, err := c.Connect(c.to, twin.Dial{})
		if err != nil {
			return ports
		}
		ports = append(ports, a.Port)
	}
}

func TestConnectPrefersTheParityOfTheLowestPort(t *testing.T) {
	for _, c := range []struct {
		kernel evidence.Kernel
		span   string
		parity uint16
	}{{"6.18", "32768 60999", 0}, {"6.18", "40001 60000", 1}, {"4.9", "32768 60999", 0}, {"5.10", "40001 60000", 1}} {
		h := newClient(t, c.kernel, "ip_local_port_range", c.span)
		for range 300 {
			if a := h.connect(); a.Port%2 != c.parity {
				t.Fatalf("%s: port %d of range %s", c.kernel, a.Port, c.span)
			}
		}
	}
}

func TestConsecutivePortsToOneDestinationGrowByTwoToSixteen(t *testing.T) {
	h := newClient(t, "6.18")
	last := h.connect().Port
	for range 200 {
		port := h.connect().Port
		if d := port - last; port > last && (d < 2 || d > 16 || d%2 != 0) {
			t.Fatalf("port %d after %d", port, last)
		}
		last = port
	}
}

func TestTheWholeRangeServesOneDestinationAndTheHalfIsACliff(t *testing.T) {
	h := newClient(t, "6.18", "tcp_tw_reuse", "0")
	d := h.Drive(twin.Traffic{Groups: []twin.GroupID{h.to}, Rate: 2000})
	d.Run(20 * time.Second)
	if m := d.FirstSecond; m.Number != 14117 || m.Visited <= 14116 {
		t.Errorf("the second parity began at %+v, must at connection 14117 after 14116 ports", m)
	}
	if m := d.FirstFailure; m.Number != 28233 || m.At != 14116*time.Millisecond || m.Visited != 28232 {
		t.Errorf("failed first at %+v, must at connection 28233 after 14.116 s", m)
	}
}

func TestOldKernelsHaveNoCliffAtTheHalf(t *testing.T) {
	h := newClient(t, "3.10")
	d := h.Drive(twin.Traffic{Groups: []twin.GroupID{h.to}, Rate: 2000})
	d.Run(20 * time.Second)
	if d.FirstSecond.Happened || d.FirstFailure.Number != 28234 {
		t.Errorf("second pass %+v, first failure %+v; 32768 to 61000 are 28233 ports", d.FirstSecond, d.FirstFailure)
	}
}

func TestOddRangesLoseAPortToTheSearch(t *testing.T) {
	for _, c := range []struct{ size, least, most int }{{1, 1, 1}, {2, 2, 2}, {3, 2, 2}, {5, 4, 5}, {7, 6, 7}, {21, 20, 21}} {
		h := newClient(t, "6.18", "ip_local_port_range", fmt.Sprintf("20000 %d", 20000+c.size-1))
		if got := h.fill(); len(got) < c.least || len(got) > c.most {
			t.Errorf("%d connections on %d ports", len(got), c.size)
		}
		id, _, err := h.Bind(here, 0, twin.SocketOptions{})
		if c.size == 2 && err == nil {
			t.Errorf("bind(0) got port %d of a full range", h.Port(id))
		}
	}
}

func TestEveryPortOfAnOddRangeIsUsedInTheLongRun(t *testing.T) {
	h := newClient(t, "6.18", "ip_local_port_range", "20000 20006")
	seen := map[uint16]bool{}
	for i := range 40 {
		h.Advance(time.Duration(i) * 10 * time.Second)
		for _, port := range h.fill() {
			seen[port] = true
			h.close(twin.Conn{Group: h.to, Port: port}, twin.ByThem)
		}
	}
	if len(seen) != 7 {
		t.Errorf("only %v of 7 ports were ever used", seen)
	}
}

func TestAPortServesEveryDestination(t *testing.T) {
	h := newClient(t, "6.18", "ip_local_port_range", "20000 20003")
	for port := uint16(9000); port < 9003; port++ {
		h.to = h.Outbound(here, netipPort(there, port))
		if got := h.fill(); len(got) != 4 {
			t.Errorf("%d connections to port %d", len(got), port)
		}
	}
}

func TestReservedPortsArePassedOverAndCostNothing(t *testing.T) {
	h := newClient(t, "6.18", "ip_local_port_range", "20000 20009", "ip_local_reserved_ports", "20000-20003,20008,30000")
	ports := h.fill()
	if len(ports) != 5 {
		t.Errorf("got %v", ports)
	}
	if a, _ := h.Connect(h.to, twin.Dial{}); a.Visited != 5 {
		t.Errorf("a full search looked at %d ports, must at the 5 that are not reserved", a.Visited)
	}
	if _, _, err := h.Bind(here, 20008, twin.SocketOptions{}); err != nil {
		t.Errorf("an explicit bind() to a reserved port: %v", err)
	}
	h.set("ip_local_reserved_ports", "")
	if got := h.fill(); len(got) != 4 { // one is bound now
		t.Errorf("%d more connections without reserved ports, must be 4", len(got))
	}
}

func TestOwnRangeCountsOnlyInsideTheHostsRange(t *testing.T) {
	for _, c := range []struct {
		kernel   evidence.Kernel
		own      evidence.PortRange
		low, top uint16
	}{
		{"6.18", evidence.PortRange{Low: 50000, High: 50010}, 40000, 40009},
		{"6.18", evidence.PortRange{Low: 40004, High: 40005}, 40004, 40005},
		{"6.6", evidence.PortRange{Low: 40004, High: 40005}, 40004, 40005},
		{"6.1", evidence.PortRange{Low: 40004, High: 40005}, 40004, 40005}, // by a patch release
		{"5.15", evidence.PortRange{Low: 40004, High: 40005}, 40000, 40009},
		{"6.18", evidence.PortRange{Low: 40007}, 40007, 40009},
	} {
		h := newClient(t, c.kernel, "ip_local_port_range", "40000 40009")
		low, top := uint16(65535), uint16(0)
		for {
			a, err := h.Connect(h.to, twin.Dial{Range: c.own})
			if err != nil {
				break
			}
			low, top = min(low, a.Port), max(top, a.Port)
		}
		if low != c.low || top != c.top {
			t.Errorf("%s with %v: ports %d to %d, must be %d to %d", c.kernel, c.own, low, top, c.low, c.top)
		}
	}
}

func TestTheSearchJumpsEveryTenSeconds(t *testing.T) {
	h := newClient(t, "6.18")
	jumps := 0
	last := h.connect().Port
	for i := range 100 {
		h.Advance(time.Duration(i) * time.Second)
		port := h.connect().Port
		if d := port - last; d > 16 {
			jumps++
		}
		last = port
	}
	if jumps < 8 || jumps > 11 {
		t.Errorf("%d jumps in 100 s", jumps)
	}
}
