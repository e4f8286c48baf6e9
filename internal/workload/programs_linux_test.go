package workload

import (
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/tcp"
)

// settles waits until a host has so many IPv4 sockets in a state.
func settles(t *testing.T, h *netlab.Host, state tcp.State, n int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		pop, err := h.Population()
		check(t, err)
		if pop[netlab.IPv4][state] == n {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s: not %d sockets in %v: %v", h.Name(), n, state, pop)
		}
	}
}

// until returns the first event that fits.
func (r *remote) until(t *testing.T, fits func(Event) bool) Event {
	t.Helper()
	for {
		if e := r.await(t, Counted); fits(e) {
			return e
		}
	}
}

func TestKernelForkServerThatKeepsItsCopyLeaksCloseWait(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		retain string
		open   uint64
	}{{"-retain=true", 3}, {"-retain=false", 0}} {
		client, server := pair(t)
		s := launch(t, server, "fork-server", "-addr=10.1.0.2:80", "-every=5ms", test.retain)
		s.await(t, Started)
		c := launch(t, client, "short-client", "-target=10.1.0.2:80", "-count=3", "-concurrency=3", "-hold=20ms", "-every=0")
		if e := c.await(t, Done); e.Answered != 3 {
			t.Fatalf("client: %+v", e)
		}
		e := s.until(t, func(e Event) bool { return e.Children == 0 && e.Ended == 3 })
		if e.Opened != 3 || e.Answered != 3 || e.Open != test.open || e.Failures != 0 {
			t.Errorf("%s: %+v", test.retain, e)
		}
		settles(t, server, tcp.CloseWait, int(test.open))
		if test.open > 0 {
			s.Kill()
			settles(t, server, tcp.CloseWait, 0)
		}
	}
}

func TestKernelForkServerAddsUpWhatItsChildrenCount(t *testing.T) {
	t.Parallel()
	client, server := pair(t)
	s := launch(t, server, "fork-server", "-addr=10.1.0.2:80", "-every=2ms", "-count=2")
	s.await(t, Started)
	c := launch(t, client, "short-client", "-target=10.1.0.2:80", "-count=2", "-how=reset", "-hold=10ms")
	c.await(t, Done)
	if e := s.await(t, Done); e.Opened != 2 || e.Answered != 2 || e.Failures != 2 || e.Errnos["ECONNRESET"] != 2 || e.Ended != 0 {
		t.Errorf("%+v", e)
	}
}

func TestKernelForkServersChildHoldsOneSocketAndDiesWithItsParent(t *testing.T) {
	t.Parallel()
	client, server := pair(t)
	s := launch(t, server, "fork-server", "-addr=10.1.0.2:80", "-every=5ms", "-how=reset")
	s.await(t, Started)
	c := launch(t, client, "short-client", "-target=10.1.0.2:80", "-keep-alive", "-hold=1ms", "-every=5ms")
	s.until(t, func(e Event) bool { return e.Children == 1 && e.Answered > 0 })
	check(t, s.Signal(15))
	if e := s.await(t, Done); e.Children != 0 || e.Failures != 0 {
		t.Errorf("%+v", e)
	}
	check(t, s.Wait())
	c.until(t, func(e Event) bool {
		return e.Errnos["ECONNRESET"]+e.Errnos["EPIPE"] == 1 && e.Errnos["ECONNREFUSED"] > 0
	})
	settles(t, server, tcp.TimeWait, 0)
}

func TestKernelFileArrivesAsItWasSent(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		first, peer   string
		server        bool // has the TIME_WAIT sockets
		ended, ended2 uint64
	}{
		{"-close-first=true", "-peer-closes=true", true, 0, 2},
		{"-close-first=false", "-peer-closes=false", false, 2, 0},
	} {
		client, server := pair(t)
		s := launch(t, server, "file-server", "-addr=10.1.0.2:80", test.first, "-count=2")
		s.await(t, Started)
		c := launch(t, client, "file-client", "-target=10.1.0.2:80", "-bytes=3000000", "-count=2", test.peer)
		if e := c.await(t, Done); e.Bytes != 6_000_000 || e.Answered != 2 || e.Ended != test.ended2 || e.Failures != 0 {
			t.Errorf("client: %+v", e)
		}
		if e := s.await(t, Done); e.Bytes != 6_000_000 || e.Answered != 2 || e.Ended != test.ended || e.Failures != 0 {
			t.Errorf("server: %+v", e)
		}
		has, not := client, server
		if test.server {
			has, not = not, has
		}
		settles(t, has, tcp.TimeWait, 2)
		settles(t, not, tcp.TimeWait, 0)
	}
}

// Nobody is left with a TIME_WAIT by a reset; with the others it is the
// client, which closes first.
func TestKernelHowAClientCloses(t *testing.T) {
	t.Parallel()
	for how, want := range map[Closing]int{ByClose: 1, ByShutdown: 1, ByReset: 0} {
		client, server := pair(t)
		s := launch(t, server, "echo-server", "-addr=10.1.0.2:80", "-every=5ms", "-count=1")
		s.await(t, Started)
		c := launch(t, client, "short-client", "-target=10.1.0.2:80", "-count=1", "-how="+string(how))
		e := c.await(t, Done)
		if e.Answered != 1 || (how == ByShutdown) != (e.Ended == 1) {
			t.Errorf("%s: client %+v", how, e)
		}
		if e := s.await(t, Done); (how == ByReset) != (e.Errnos["ECONNRESET"] == 1) {
			t.Errorf("%s: server %+v", how, e)
		}
		settles(t, client, tcp.TimeWait, want)
		settles(t, server, tcp.TimeWait, 0)
	}
}

func TestKernelHowAServerCloses(t *testing.T) {
	t.Parallel()
	for how, want := range map[Closing]int{ByClose: 1, ByShutdown: 1, ByReset: 0} {
		client, server := pair(t)
		s := launch(t, server, "echo-server", "-addr=10.1.0.2:80", "-close-first", "-count=1", "-how="+string(how))
		s.await(t, Started)
		c := launch(t, client, "short-client", "-target=10.1.0.2:80", "-count=1", "-peer-closes")
		if e := c.await(t, Done); e.Answered != 1 || (how == ByReset) != (e.Errnos["ECONNRESET"] == 1) {
			t.Errorf("%s: client %+v", how, e)
		}
		if e := s.await(t, Done); (how == ByShutdown) != (e.Ended == 1) {
			t.Errorf("%s: server %+v", how, e)
		}
		settles(t, server, tcp.TimeWait, want)
		settles(t, client, tcp.TimeWait, 0)
	}
}

// With IP_LOCAL_PORT_RANGE the kernel takes the ports of both parities at once
// since 6.8; the whole range is used in any case.
func TestKernelClientCountsItsPortsAndItsFirstFailure(t *testing.T) {
	t.Parallel()
	needPortRange(t)
	client, server := pair(t)
	check(t, client.Sysctl("net.ipv4.tcp_tw_reuse", "0"))
	launch(t, server, "echo-server", "-addr=10.1.0.2:80").await(t, Started)
	c := launch(t, client, "short-client", "-target=10.1.0.2:80", "-count=12", "-split=5",
		"-from=10.1.0.1:0", "-options=no_port,port_range=40000-40009")
	first := c.await(t, Failed)
	e := c.await(t, Done)
	if e.Opened != 10 || e.OddPorts != 5 || e.EvenPorts != 5 || e.DistinctPorts != 10 || e.Errnos["EADDRNOTAVAIL"] != 2 {
		t.Errorf("%+v", e)
	}
	if e.FailedNo != 10 || e.FailedAfterNS <= 0 || e.FailedAfterNS != first.FailedAfterNS || e.BeforeUS <= 0 || e.AfterUS <= 0 {
		t.Errorf("%+v", e)
	}
}
