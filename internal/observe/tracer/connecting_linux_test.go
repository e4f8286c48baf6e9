package tracer

import (
	"errors"
	"net/netip"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// searched wants so many connections to a destination, and so many that had no
// port.
func searched(t *testing.T, tr *Tracer, to netip.AddrPort, count, failed uint64) Connecting {
	t.Helper()
	all, err := tr.Connecting()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(all, func(c Connecting) bool { return c.Addr == to })
	if at < 0 {
		t.Fatalf("nothing of %v: %+v", to, all)
	}
	c := all[at]
	sum := uint64(0)
	for _, n := range c.Buckets {
		sum += n
	}
	if c.Count != count || sum != count || c.Failed != failed || (failed > 0) != (c.FailedTime > 0) || c.Other {
		t.Errorf("want %d and %d failed: %+v", count, failed, c)
	}
	return c
}

func TestKernelHalfARangeMakesConnectSlowThereAndNowhereElse(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	tr := openTracer(t, Options{Namespace: l.ns})
	for name, value := range map[string]string{
		"net.ipv4.ip_local_port_range": "20000 35999", "net.ipv4.tcp_tw_reuse": "0", "net.ipv4.tcp_max_tw_buckets": "100000",
	} {
		if err := l.host.Sysctl(name, value); err != nil {
			t.Fatal(err)
		}
	}
	const probes = 41
	full, free := netip.MustParseAddrPort("127.0.0.1:9000"), netip.MustParseAddrPort("127.0.0.1:9001")
	var filling Connecting
	err := l.host.Do(func() error {
		a, err := listenOn(false, int(full.Port()))
		if err != nil {
			return err
		}
		defer unix.Close(a) //nolint:errcheck // only for the test
		b, err := listenOn(false, int(free.Port()))
		if err != nil {
			return err
		}
		defer unix.Close(b)   //nolint:errcheck // only for the test
		for range 16000 / 2 { // all ports of one parity
			if err := visit(a, full); err != nil {
				return err
			}
		}
		filling = searched(t, tr, full, 16000/2, 0)
		for range probes {
			if err := errors.Join(visit(a, full), visit(b, free)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	all, fast := searched(t, tr, full, 16000/2+probes, 0), searched(t, tr, free, probes, 0)
	slow := all.Since(&filling.Latency)
	t.Logf("full: %v at most for half, %v for nine of ten; free: %v, %v",
		slow.Quantile(0.5), slow.Quantile(0.9), fast.Quantile(0.5), fast.Quantile(0.9))
	if slow.Count != probes || slow.Quantile(0.5) <= fast.Quantile(0.5) || slow.Quantile(0.5) <= filling.Quantile(0.5) {
		t.Errorf("not slower:\n%+v\nthan\n%+v\nand before\n%+v", slow, fast, filling)
	}
	if all.Namespace != l.ns || all.Inode == 0 || all.Last == 0 {
		t.Errorf("%+v", all)
	}
}

// visit connects to a listener and leaves a TIME_WAIT on its own side.
func visit(listener int, to netip.AddrPort) error {
	client, err := socket(to.Addr().Is6())
	if err != nil {
		return err
	}
	if err := unix.Connect(client, sockaddr(to.Addr().Is6(), to.Addr(), int(to.Port()))); err != nil {
		return err
	}
	server, err := again(func() (int, error) {
		fd, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
		return fd, err
	})
	return errors.Join(err, unix.Close(client), unix.Close(server))
}

func TestKernelOnlyConnectsThatSearchedAPortAreCounted(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	tr := openTracer(t, Options{Namespace: l.ns})
	mapped, v6 := netip.MustParseAddrPort("127.0.0.1:9000"), netip.MustParseAddrPort("[::1]:9000")
	err := l.host.Do(func() error {
		listener, err := listenOn(true, 9000)
		if err != nil {
			return err
		}
		defer unix.Close(listener) //nolint:errcheck // only for the test
		bound, err := socket(false)
		if err != nil {
			return err
		}
		defer unix.Close(bound) //nolint:errcheck // only for the test
		err = errors.Join(
			visit(listener, v6), visit(listener, v6), visit(listener, mapped),
			unix.Bind(bound, sockaddr(false, mapped.Addr(), 9999)),
			unix.Connect(bound, sockaddr(false, mapped.Addr(), 9000)),
		)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	searched(t, tr, v6, 2, 0)
	searched(t, tr, mapped, 1, 0)
}

func TestKernelDestinationsWithoutRoomAreCountedTogether(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	tr := openTracer(t, Options{Namespace: l.ns, Destinations: 3, Kept: 2})
	const all = 20
	err := l.host.Do(func() error {
		listener, err := listenOn(false, 9000)
		if err != nil {
			return err
		}
		defer unix.Close(listener) //nolint:errcheck // only for the test
		for i := range byte(all) {
			if err := visit(listener, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 1, i}), 9000)); err != nil {
				return err
			}
			if i%5 == 4 {
				if err := tr.relieve(0); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := tr.Connecting()
	if err != nil {
		t.Fatal(err)
	}
	var sum, other uint64
	for _, c := range rows {
		sum += c.Count
		if c.Other {
			other += c.Count
		}
	}
	if sum != all || len(rows) != 3 || other != all-2 {
		t.Errorf("%d connections in %d rows, %d of them together: %+v", sum, len(rows), other, rows)
	}
}
