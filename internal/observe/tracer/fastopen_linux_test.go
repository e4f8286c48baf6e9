package tracer

import (
	"errors"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

func TestKernelConnectsThatFastOpenPutsOffAreNeitherTimedNorFailed(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	const withoutCookie = "5" // the client's side, and no cookie needed
	if err := l.host.Sysctl("net.ipv4.tcp_fastopen", withoutCookie); err != nil {
		t.Skip(err)
	}
	tr := openTracer(t, Options{Namespace: l.ns})
	to := netip.MustParseAddrPort("127.0.0.1:9000")
	const many = 40
	err := l.host.Do(func() error {
		listener, err := listenOn(false, int(to.Port()))
		if err != nil {
			return err
		}
		defer unix.Close(listener) //nolint:errcheck // only for the test
		var fds []int
		for range many {
			fd, err := socket(false)
			if err != nil {
				return err
			}
			fds = append(fds, fd)
			if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_FASTOPEN_CONNECT, 1); err != nil {
				return err
			}
			if err := unix.Connect(fd, sockaddr(false, to.Addr(), int(to.Port()))); err != nil {
				return err
			}
		}
		for _, fd := range fds {
			if err := unix.Close(fd); err != nil {
				return err
			}
		}
		for range many {
			if err := visit(listener, to); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	searched(t, tr, to, many, 0)
	if c, err := tr.Coverage(); err != nil || c.Failures != 0 || c.Untimed != 0 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestKernelConnectsBesideTooManyOthersAreCountedAsUntimed(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	tr := openTracer(t, Options{Namespace: l.ns})
	seeking := tr.maps.Maps["seeking"]
	fill := func(timer uint64) error {
		var full bpfSeekers
		for i := range full.Timers {
			full.Timers[i] = timer
		}
		for at := range seeking.MaxEntries() {
			if err := seeking.Put(at, &full); err != nil {
				return err
			}
		}
		return nil
	}
	to := netip.MustParseAddrPort("127.0.0.1:9000")
	err := l.host.Do(func() error {
		listener, err := listenOn(false, int(to.Port()))
		if err != nil {
			return err
		}
		defer unix.Close(listener) //nolint:errcheck // only for the test
		return errors.Join(
			fill(1), visit(listener, to), visit(listener, to),
			fill(0), visit(listener, to),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
	searched(t, tr, to, 1, 0)
	if c, err := tr.Coverage(); err != nil || c.Untimed != 2 || len(c.Gaps()) != 1 {
		t.Errorf("%+v, %v", c, err)
	}
}
