package forecast_test

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/forecast"
	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/netns"
	"github.com/linger-dev/linger/internal/observe"
)

// steady is a client that connects, and closes first, so many times a second.
type steady struct {
	host     *netlab.Host
	listener int
	begun    time.Time
	made     int
}

const (
	perSecond = 40
	ports     = 600
)

var target = &unix.SockaddrInet4{Port: 9000, Addr: [4]byte{10, 0, 0, 2}}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newSteady(t *testing.T) *steady {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root to make network namespaces")
	}
	world, err := netlab.New()
	ok(t, err)
	t.Cleanup(func() { ok(t, world.Close()) })
	client, err := world.Host("client")
	ok(t, err)
	server, err := world.Host("server")
	ok(t, err)
	ok(t, world.Join(client, server, []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")}, []netip.Prefix{netip.MustParsePrefix("10.0.0.2/24")}))
	ok(t, client.Sysctl("net.ipv4.ip_local_port_range", "40000 40599"))
	ok(t, client.Sysctl("net.ipv4.tcp_tw_reuse", "0"))
	s := &steady{host: client}
	ok(t, server.Do(func() (err error) {
		if s.listener, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
		return errors.Join(unix.Bind(s.listener, target), unix.Listen(s.listener, 256))
	}))
	t.Cleanup(func() { unix.Close(s.listener) })
	return s
}

// until makes the connections that are due until there are n. A pause of the
// machine is made up for. It returns EADDRNOTAVAIL as soon as a connect() does.
func (s *steady) until(n int) error {
	return s.host.Do(func() error {
		for ; s.made < n; s.made++ {
			time.Sleep(time.Until(s.begun.Add(time.Duration(s.made) * time.Second / perSecond)))
			fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				return err
			}
			if err := unix.Connect(fd, target); err != nil {
				return errors.Join(err, unix.Close(fd))
			}
			accepted, _, err := unix.Accept4(s.listener, unix.SOCK_CLOEXEC)
			if err := errors.Join(err, unix.Close(fd), unix.Close(accepted)); err != nil {
				return err
			}
		}
		return nil
	})
}

// TestKernelRunsOutWhenItIsForecast looks at a steady client of a real kernel when
// half of its ports are used up, and compares the moment that is forecast with the
// one at which connect() really fails.
func TestKernelRunsOutWhenItIsForecast(t *testing.T) {
	t.Parallel()
	s := newSteady(t)
	ns, err := netns.Open(s.host.Path(), "client")
	ok(t, err)
	observer := observe.OpenNamespaces(observe.Options{Deep: true}, ns)
	t.Cleanup(observer.Close)

	s.begun = time.Now()
	ok(t, s.until(ports/2))
	snap, err := observer.Look(context.Background())
	ok(t, err)
	looked := time.Now()
	f := forecast.Of(snap, forecast.Options{})
	if len(f.Groups) != 1 || f.Groups[0].Key.Direction != evidence.Outbound || f.Groups[0].AsIs == nil {
		t.Fatalf("%+v", f)
	}
	o := f.Groups[0].AsIs
	if err := s.until(2 * ports); !errors.Is(err, unix.EADDRNOTAVAIL) {
		t.Fatalf("%v after %d connections, want EADDRNOTAVAIL", err, s.made)
	}
	came, foretold := time.Since(looked), o.In
	whole := time.Since(s.begun)
	t.Logf("the ports ran out %v after the look; forecast: %v (%v to %v), at %.1f/s", came, foretold, o.Early, o.Late, f.Groups[0].Traffic.Rate)
	if s.made != ports {
		t.Errorf("%d connections were made with %d ports", s.made, ports)
	}
	if off := came - foretold; o.Never || max(off, -off) > whole/20 {
		t.Errorf("the forecast is off by %v of %v: %+v", came-foretold, whole, o)
	}
}
