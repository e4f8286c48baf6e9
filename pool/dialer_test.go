package pool_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/linger-dev/linger/pool"
)

func addrs(list ...string) []netip.Addr {
	var all []netip.Addr
	for _, a := range list {
		all = append(all, netip.MustParseAddr(a))
	}
	return all
}

// dialFrom returns the source address that a dial used.
func dialFrom(t *testing.T, d *pool.Dialer, network, address string) (string, error) {
	t.Helper()
	c, err := d.DialContext(t.Context(), network, address)
	if err != nil {
		return "", err
	}
	defer c.Close()
	host, _, err := net.SplitHostPort(c.LocalAddr().String())
	must(t, err)
	return host, nil
}

func TestZeroDialerDials(t *testing.T) {
	s := listen(t)
	from, err := dialFrom(t, new(pool.Dialer), "tcp", s.addr())
	if err != nil || from != "127.0.0.1" {
		t.Errorf("from %q: %v", from, err)
	}
}

func TestDialerSpreadsOverItsSources(t *testing.T) {
	needLinux(t)
	s := listen(t)
	d := &pool.Dialer{Sources: addrs("127.0.0.2", "127.0.0.3", "127.0.0.4", "::1")}
	used := make(map[string]int)
	for range 100 {
		from, err := dialFrom(t, d, "tcp", s.addr())
		must(t, err)
		used[from]++
	}
	for _, a := range []string{"127.0.0.2", "127.0.0.3", "127.0.0.4"} {
		if used[a] < 10 {
			t.Errorf("%s was used %d times of 100: %v", a, used[a], used)
		}
	}
	if len(used) != 3 {
		t.Errorf("sources: %v", used)
	}
}

func TestDialerPassesOverASourceThatThisHostDoesNotHave(t *testing.T) {
	s := listen(t)
	d := &pool.Dialer{Sources: addrs("127.0.0.1", "203.0.113.77", "203.0.113.78")}
	for range 20 {
		if from, err := dialFrom(t, d, "tcp", s.addr()); err != nil || from != "127.0.0.1" {
			t.Fatalf("from %q: %v", from, err)
		}
	}
	d.Sources = addrs("203.0.113.77", "203.0.113.78")
	if _, err := dialFrom(t, d, "tcp", s.addr()); !errors.Is(err, syscall.EADDRNOTAVAIL) {
		t.Errorf("without a source: %v", err)
	}
}

func TestDialerResolvesNames(t *testing.T) {
	s := listen(t)
	_, port, _ := net.SplitHostPort(s.addr())
	d := &pool.Dialer{Sources: addrs("127.0.0.1")}
	if from, err := dialFrom(t, d, "tcp", "localhost:"+port); err != nil || from != "127.0.0.1" {
		t.Errorf("from %q: %v", from, err)
	}
}

func TestDialerSaysWhatIsWrong(t *testing.T) {
	s := listen(t)
	for _, c := range []struct {
		name, network, address, want string
		dialer                       pool.Dialer
	}{
		{"family", "tcp", s.addr(), "no source address of the same family", pool.Dialer{Sources: addrs("::1")}},
		{"network", "udp", s.addr(), "unknown network", pool.Dialer{Sources: addrs("127.0.0.1")}},
		{"address", "tcp", "127.0.0.1", "missing port", pool.Dialer{Sources: addrs("127.0.0.1")}},
		{"ports", "tcp", s.addr(), "low must be below high", pool.Dialer{Ports: pool.PortRange{Low: 2, High: 1}}},
	} {
		_, err := c.dialer.DialContext(t.Context(), c.network, c.address)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestDialersOwnControlStillRuns(t *testing.T) {
	s := listen(t)
	var calls []string
	d := &pool.Dialer{Sources: addrs("127.0.0.1")}
	d.Base.Control = func(network, _ string, _ syscall.RawConn) error {
		calls = append(calls, network)
		return nil
	}
	_, err := dialFrom(t, d, "tcp", s.addr())
	must(t, err)
	d.Base.ControlContext = func(context.Context, string, string, syscall.RawConn) error {
		return errors.New("not today")
	}
	if _, err := dialFrom(t, d, "tcp", s.addr()); err == nil || !strings.Contains(err.Error(), "not today") {
		t.Errorf("ControlContext's error was lost: %v", err)
	}
	if len(calls) != 1 || calls[0] != "tcp4" {
		t.Errorf("Control ran with %v, want once with tcp4", calls)
	}
}

func TestDialerKeepsToItsTimeout(t *testing.T) {
	s := listen(t)
	d := &pool.Dialer{Sources: addrs("127.0.0.1"), Base: net.Dialer{Timeout: time.Nanosecond}}
	_, err := dialFrom(t, d, "tcp", s.addr())
	if n, ok := errors.AsType[net.Error](err); !ok || !n.Timeout() {
		t.Errorf("after a nanosecond: %v", err)
	}
}

func TestListenersCanShareAPortOnlyIfBothSaySo(t *testing.T) {
	needLinux(t)
	alone, err := new(pool.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	must(t, err)
	defer alone.Close()
	both := &pool.ListenConfig{ReusePort: true}
	if second, err := both.Listen(t.Context(), "tcp4", alone.Addr().String()); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("beside a listener that does not share: %v, %v", second, err)
	}
	first, err := both.Listen(t.Context(), "tcp4", "127.0.0.1:0")
	must(t, err)
	defer first.Close()
	second, err := both.Listen(t.Context(), "tcp4", first.Addr().String())
	must(t, err)
	second.Close()
}

func needLinux(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("needs Linux")
	}
}
