package pool_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/pool"
)

// load keeps workers busy with requests until stop is called.
type load struct {
	served, failed atomic.Int64
	stop           context.CancelFunc
	done           sync.WaitGroup
}

func startLoad(t *testing.T, workers int, request func(context.Context) error) *load {
	ctx, cancel := context.WithCancel(t.Context())
	l := &load{stop: cancel}
	for range workers {
		l.done.Go(func() {
			for ctx.Err() == nil {
				// Not ctx: what has begun may end.
				limited, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				if err := request(limited); err != nil {
					l.failed.Add(1)
					t.Error(err)
				}
				cancel()
				l.served.Add(1)
			}
		})
	}
	return l
}

func (l *load) waitFor(t *testing.T, more int64) {
	t.Helper()
	want := l.served.Load() + more
	eventually(t, "progress", func() bool { return l.served.Load() >= want || t.Failed() })
}

func TestKernelServerRestartsUnderLoadAndNoRequestFails(t *testing.T) {
	t.Parallel()
	const workers, restarts = 16, 3
	requests, dials := 2000, 3000
	if testing.Short() {
		requests, dials = 200, 300
	}
	l := newLab(t)
	l.startServer()
	p := newPool(t, pool.Options{Dial: l.dialer(new(net.Dialer).DialContext)})
	work := startLoad(t, workers, func(ctx context.Context) error {
		return p.Do(ctx, "tcp", labServer, func(c *pool.Conn) error { return ask(c, "hello") })
	})
	for range restarts {
		work.waitFor(t, int64(requests))
		l.killServer()
		l.startServer()
	}
	work.waitFor(t, int64(requests))
	work.stop()
	work.done.Wait()
	served, client, server := work.served.Load(), l.timeWait(l.client), l.timeWait(l.server)
	st := p.Stats()
	t.Logf("%d requests, %d failed, over %d connections with %d restarts (%d broke under a request): TIME_WAIT %d at the client, %d at the server",
		served, work.failed.Load(), st.Fresh, restarts, st.Closed[pool.ClosedBroken], client, server)
	// The server that dies closes first, so at most its connections linger.
	if most := workers * (restarts + 1); client+server > most {
		t.Errorf("%d TIME_WAIT, want at most %d", client+server, most)
	}
	if st.Closed[pool.ClosedBroken] == 0 {
		t.Error("no restart met a request: nothing was tried")
	}

	// The same by dialling each time, and without restarts.
	dial := l.dialer(new(net.Dialer).DialContext)
	var left atomic.Int64
	left.Store(int64(dials))
	var dialling sync.WaitGroup
	for range workers {
		dialling.Go(func() {
			for left.Add(-1) >= 0 {
				c, err := dial(t.Context(), "tcp", labServer)
				if err != nil {
					t.Error(err)
					return
				}
				if err := ask(c, "hello"); err != nil {
					t.Error(err)
				}
				c.Close()
			}
		})
	}
	dialling.Wait()
	eventually(t, "as many more TIME_WAIT at the client", func() bool { return l.timeWait(l.client) >= client+dials })
	t.Logf("%d requests by dialling each time: TIME_WAIT %d at the client", dials, l.timeWait(l.client))
}

func TestKernelIdlePoolHoldsNoCloseWait(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.startServer()
	dial := l.dialer(new(net.Dialer).DialContext)
	p := newPool(t, pool.Options{Dial: dial, CheckInterval: 10 * time.Millisecond})
	var lent [20]*pool.Conn
	for i := range lent {
		lent[i] = get(t, p, labServer)
		must(t, ask(lent[i], "hello"))
	}
	for _, c := range lent {
		c.Release()
	}
	for range 5 { // which nobody looks after
		c, err := dial(t.Context(), "tcp", labServer)
		must(t, err)
		defer c.Close()
		must(t, ask(c, "hello"))
	}
	if got := l.count(l.client, tcp.Established); got != 25 {
		t.Fatalf("%d connections, want 25", got)
	}
	l.killServer()
	closed(t, p, map[pool.Reason]uint64{pool.ClosedByPeer: 20})
	eventually(t, "5 CLOSE_WAIT and no more", func() bool {
		return l.count(l.client, tcp.CloseWait) == 5 && l.count(l.client, tcp.Established) == 0
	})
}

func TestKernelSourcesMultiplyTheConnectionsWherePlainBindWastesThem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sources     []netip.Addr
		first, next string
	}{
		"IPv4": {addrs("10.0.0.1", "10.0.0.3"), "10.0.0.2:9000", "10.0.0.2:9001"},
		"IPv6": {addrs("fd00::1", "fd00::3"), "[fd00::2]:9000", "[fd00::2]:9001"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.listen(c.first)
			l.listen(c.next)
			must(t, l.client.Sysctl("net.ipv4.ip_local_port_range", "20000 20003"))
			spread := l.dialer((&pool.Dialer{Sources: c.sources}).DialContext)
			for _, to := range []string{c.first, c.next} {
				if n, err := l.fill(spread, to); n != 8 || !errors.Is(err, syscall.EADDRNOTAVAIL) {
					t.Errorf("%d connections to %s from two addresses with four ports, want 8; then %v", n, to, err)
				}
			}

			l = newLab(t)
			l.listen(c.first)
			l.listen(c.next)
			must(t, l.client.Sysctl("net.ipv4.ip_local_port_range", "20000 20003"))
			plain := l.dialer((&net.Dialer{LocalAddr: &net.TCPAddr{IP: c.sources[0].AsSlice()}}).DialContext)
			if n, err := l.fill(plain, c.first); n != 4 || !errors.Is(err, syscall.EADDRINUSE) {
				t.Errorf("%d connections by plain bind, want 4; then %v", n, err)
			}
			if n, _ := l.fill(plain, c.next); n != 0 {
				t.Errorf("plain bind found %d ports for the second destination, want none", n)
			}
			unbound := l.dialer(new(net.Dialer).DialContext)
			if n, _ := l.fill(unbound, c.next); n != 0 {
				t.Errorf("after plain bind, automatic choice found %d ports for the second destination, want none", n)
			}
		})
	}
}

// fill opens and holds connections until that fails, and returns how many it were.
func (l *lab) fill(dial func(context.Context, string, string) (net.Conn, error), address string) (int, error) {
	for n := 0; ; n++ {
		c, err := dial(l.t.Context(), "tcp", address)
		if err != nil || n > 1000 {
			return n, err
		}
		l.t.Cleanup(func() { c.Close() })
	}
}

func TestKernelDialerKeepsToItsPorts(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.listen(labServer)
	must(t, l.client.Sysctl("net.ipv4.ip_local_port_range", "20000 20099"))
	for _, d := range []*pool.Dialer{
		{Ports: pool.PortRange{Low: 20010, High: 20013}},
		{Ports: pool.PortRange{Low: 20020, High: 20023}, Sources: addrs("10.0.0.1")},
	} {
		dial := l.dialer(d.DialContext)
		var used []uint16
		n, err := l.fill(func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := dial(ctx, network, address)
			if err == nil {
				used = append(used, c.LocalAddr().(*net.TCPAddr).AddrPort().Port())
			}
			return c, err
		}, labServer)
		if errors.Is(err, errors.ErrUnsupported) && !kernelAtLeast(t, 6, 3) {
			t.Skip(err)
		}
		if n != 4 || !errors.Is(err, syscall.EADDRNOTAVAIL) {
			t.Errorf("%d connections on ports %v, want 4; then %v", n, used, err)
		}
		for _, port := range used {
			if port < d.Ports.Low || port > d.Ports.High {
				t.Errorf("port %d is outside of %v", port, d.Ports)
			}
		}
	}
}

func TestKernelListenerStartsAgainOverItsOwnTimeWait(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.startServer()
	c, err := l.dialer(new(net.Dialer).DialContext)(t.Context(), "tcp", labServer)
	must(t, err)
	must(t, ask(c, "hello"))
	l.killServer() // closes first
	must(t, c.Close())
	eventually(t, "TIME_WAIT at the server", func() bool { return l.timeWait(l.server) == 1 })
	l.startServer()
}
