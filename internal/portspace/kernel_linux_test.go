package portspace_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/netns"
	"github.com/linger-dev/linger/internal/observe"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/tcp"
)

// bench is a client and a server host, a narrow port range, and linger's eyes
// on the client.
type bench struct {
	t        *testing.T
	client   *netlab.Host
	server   *netlab.Host
	observer *observe.Observer
	target   netip.AddrPort
	listener int
}

type setup struct {
	low, high  int
	target     string // address the server listens on: 10.0.0.2, fd00::2 or a loopback one
	reserved   string
	timestamps string
	reuse      string
	delay      string
}

func newBench(t *testing.T, s setup) *bench {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root to make network namespaces")
	}
	world, err := netlab.New()
	must(t, err)
	t.Cleanup(func() { must(t, world.Close()) })
	b := &bench{t: t}
	b.client, err = world.Host("client")
	must(t, err)
	b.server, err = world.Host("server")
	must(t, err)
	must(t, world.Join(b.client, b.server,
		[]netip.Prefix{netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("10.0.0.3/24"), netip.MustParsePrefix("fd00::1/64")},
		[]netip.Prefix{netip.MustParsePrefix("10.0.0.2/24"), netip.MustParsePrefix("fd00::2/64")}))
	if _, err := b.client.ReadSysctl("net.ipv4.tcp_tw_reuse_delay"); s.delay != "" && errors.Is(err, os.ErrNotExist) {
		if kernel(t).AtLeast(6, 14) {
			t.Fatal("tcp_tw_reuse_delay came with 6.14, but is not here")
		}
		t.Skip("this kernel has no tcp_tw_reuse_delay (6.14)")
	}
	b.target = netip.AddrPortFrom(netip.MustParseAddr(s.target), 9000)
	if b.target.Addr().IsLoopback() {
		b.server = b.client
	}
	for key, value := range map[string]string{
		"net.ipv4.ip_local_port_range":     fmt.Sprintf("%d %d", s.low, s.high),
		"net.ipv4.ip_local_reserved_ports": s.reserved,
		"net.ipv4.tcp_timestamps":          s.timestamps,
		"net.ipv4.tcp_tw_reuse":            s.reuse,
		"net.ipv4.tcp_tw_reuse_delay":      s.delay,
	} {
		if value != "" {
			must(t, b.client.Sysctl(key, value))
		}
	}
	must(t, b.server.Do(func() (err error) {
		b.listener, err = listen(b.target)
		return err
	}))
	t.Cleanup(func() { unix.Close(b.listener) })
	ns, err := netns.Open(b.client.Path(), "client")
	must(t, err)
	b.observer = observe.OpenNamespaces(observe.Options{Deep: true}, ns)
	t.Cleanup(b.observer.Close)
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func family(a netip.Addr) int {
	if a.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

func listen(a netip.AddrPort) (int, error) {
	fd, err := unix.Socket(family(a.Addr()), unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	return fd, errors.Join(unix.Bind(fd, sockaddr(a)), unix.Listen(fd, 1024))
}

// connect opens one connection as an ordinary client does, without bind().
func (b *bench) connect() (fd int, err error) {
	err = b.client.Do(func() error {
		if fd, err = unix.Socket(family(b.target.Addr()), unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
		return unix.Connect(fd, sockaddr(b.target))
	})
	return fd, err
}

// linger opens n connections that the client closes first, so that each is
// left in TIME_WAIT.
func (b *bench) linger(n int) {
	b.t.Helper()
	for range n {
		fd, err := b.connect()
		must(b.t, err)
		accepted, _, err := unix.Accept4(b.listener, unix.SOCK_CLOEXEC)
		must(b.t, err)
		must(b.t, unix.Close(fd))
		must(b.t, unix.Close(accepted))
	}
	b.waitFor(fmt.Sprintf("%d sockets in TIME_WAIT", n), func(ns *evidence.Namespace) bool {
		var have uint64
		for _, g := range ns.Tallies {
			if g.Direction == evidence.Outbound {
				have += g.States[tcp.TimeWait]
			}
		}
		return have >= uint64(n)
	})
}

func (b *bench) look() *evidence.Namespace {
	b.t.Helper()
	snap, err := b.observer.Look(context.Background())
	must(b.t, err)
	return &snap.Namespaces[0]
}

func (b *bench) waitFor(what string, done func(*evidence.Namespace) bool) {
	b.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if done(b.look()) {
			return
		}
	}
	b.t.Fatalf("no %s within 20 s", what)
}

// budget is what linger says is left toward the target. Before the first
// connection there is no group yet: then it is that of an empty one.
func (b *bench) budget() portspace.Budget {
	b.t.Helper()
	ns := b.look()
	empty := evidence.Tally{Key: evidence.Key{Direction: evidence.Outbound, Dst: b.target.Addr(), Port: b.target.Port()}}
	group := &empty
	for i := range ns.Tallies {
		if g := &ns.Tallies[i]; g.Direction == evidence.Outbound && g.Service() == b.target {
			group = g
		}
	}
	budget, ok := portspace.Of(ns, group)
	if !ok {
		b.t.Fatal("no budget")
	}
	return budget
}

// fill opens and holds connections until connect() fails, and checks that the
// budget had said at every step (each fifth with -short, others each time) how
// many would still succeed. It returns how many did.
func (b *bench) fill() (succeeded int) {
	b.t.Helper()
	step := 1
	if testing.Short() {
		step = 5
	}
	said, first := make(map[int]portspace.Left), rand.IntN(step)
	for ; ; succeeded++ {
		if succeeded%step == first {
			said[succeeded] = b.budget().Left
		}
		fd, err := b.connect()
		b.t.Cleanup(func() { unix.Close(fd) })
		if errors.Is(err, unix.EADDRNOTAVAIL) {
			break
		}
		must(b.t, err)
		if succeeded > 1000 {
			b.t.Fatal("connect() does not fail")
		}
	}
	for i, left := range said {
		if really := succeeded - i; really < left.Min || really > left.Max {
			b.t.Errorf("after %d connections: said %d to %d are left, but %d were", i, left.Min, left.Max, really)
		}
	}
	return succeeded
}

func (b *bench) wantExactly(n int) {
	b.t.Helper()
	if left := b.budget().Left; left.Min != n || left.Max != n {
		b.t.Errorf("said %+v are left, want exactly %d", left, n)
	}
	if got := b.fill(); got != n {
		b.t.Errorf("%d connections succeeded, want %d", got, n)
	}
}

func TestKernelBudgetIsExactOnAPlainRange(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]string{"IPv4": "10.0.0.2", "IPv6": "fd00::2", "loopback": "127.0.0.1", "IPv6 loopback": "::1"} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, setup{low: 20000, high: 20029, target: target, reuse: "0"})
			b.linger(10)
			b.wantExactly(20)
		})
	}
}

func TestKernelBudgetIsExactForEveryReuseMode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reuse, target, timestamps string
		want                      int // of 20 ports, with 12 in TIME_WAIT
	}{
		{"0", "127.0.0.1", "1", 8},
		{"1", "127.0.0.1", "1", 20},
		{"2", "127.0.0.1", "1", 20},
		{"2", "::1", "1", 20},
		{"1", "10.0.0.2", "1", 20},
		{"2", "10.0.0.2", "1", 8},
		{"1", "10.0.0.2", "0", 8},
		{"1", "fd00::2", "1", 20},
	} {
		t.Run(fmt.Sprintf("reuse %s to %s with timestamps %s", c.reuse, c.target, c.timestamps), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, setup{low: 20000, high: 20019, target: c.target, reuse: "0", timestamps: c.timestamps})
			b.linger(12)
			must(t, b.client.Sysctl("net.ipv4.tcp_tw_reuse", c.reuse))
			delay := b.look().Settings.ReuseDelay()
			b.waitFor("TIME_WAIT older than the reuse delay", func(ns *evidence.Namespace) bool {
				for _, g := range ns.Tallies {
					if g.Minute.Age[0] > 0 || delay > time.Second && g.Minute.Age[1] > 0 {
						return false
					}
				}
				return true
			})
			time.Sleep(50 * time.Millisecond) // the dump's clock ticks in jiffies: step over the edge
			b.wantExactly(c.want)
		})
	}
}

func TestKernelBudgetKnowsThatYoungTimeWaitCannotBeReused(t *testing.T) {
	t.Parallel()
	b := newBench(t, setup{low: 20000, high: 20019, target: "127.0.0.1", reuse: "1", delay: "60000"})
	b.linger(12)
	b.wantExactly(8)
}

func TestKernelBudgetLeavesOutReservedPorts(t *testing.T) {
	t.Parallel()
	b := newBench(t, setup{low: 20000, high: 20019, target: "10.0.0.2", reserved: "20003,20010-20014", reuse: "0"})
	b.wantExactly(14)
}

func TestKernelBudgetLeavesOutPortsBoundOnAnotherAddress(t *testing.T) {
	t.Parallel()
	for _, listening := range []bool{true, false} {
		t.Run(fmt.Sprintf("listening %v", listening), func(t *testing.T) {
			b := newBench(t, setup{low: 20000, high: 20019, target: "10.0.0.2", reuse: "0"})
			if !listening && !kernel(t).AtLeast(6, 8) {
				t.Skip("kernels before 6.8 do not list bound sockets that are not listening")
			}
			must(t, b.client.Do(func() error {
				fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
				if err != nil {
					return err
				}
				t.Cleanup(func() { unix.Close(fd) })
				if err := unix.Bind(fd, sockaddr(netip.MustParseAddrPort("10.0.0.3:20007"))); err != nil || !listening {
					return err
				}
				return unix.Listen(fd, 1)
			}))
			b.wantExactly(19)
		})
	}
}

func TestKernelBudgetLeavesOutPortsThatAProgramChoseForAConnection(t *testing.T) {
	t.Parallel()
	b := newBench(t, setup{low: 20000, high: 20019, target: "10.0.0.2", reuse: "0"})
	var other int
	must(t, b.server.Do(func() (err error) {
		other, err = listen(netip.MustParseAddrPort("10.0.0.2:9001"))
		return err
	}))
	defer unix.Close(other)
	must(t, b.client.Do(func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		t.Cleanup(func() { unix.Close(fd) })
		return errors.Join(unix.Bind(fd, sockaddr(netip.MustParseAddrPort("10.0.0.1:20004"))),
			unix.Connect(fd, sockaddr(netip.MustParseAddrPort("10.0.0.2:9001"))))
	}))
	b.wantExactly(19)
}

func TestKernelBudgetHoldsForOddRanges(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 2, 3, 5, 7, 21} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, setup{low: 20000, high: 20000 + size - 1, target: "10.0.0.2", reuse: "0"})
			if got := b.fill(); got < size-1 {
				t.Errorf("%d connections succeeded on %d ports", got, size)
			}
		})
	}
}

func kernel(t *testing.T) evidence.Kernel {
	t.Helper()
	var u unix.Utsname
	must(t, unix.Uname(&u))
	return evidence.Kernel(unix.ByteSliceToString(u.Release[:]))
}
