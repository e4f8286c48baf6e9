package netlab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// patience bounds waits for the kernel; no test depends on how long it takes.
const patience = 60 * time.Second

func world(t *testing.T) *World {
	t.Helper()
	w, err := New()
	var no *PrivilegeError
	if errors.As(err, &no) {
		t.Skipf("needs private namespaces: %v; %s", err, no.Hint)
	}
	must(t, err)
	t.Cleanup(func() { must(t, w.Close()) })
	return w
}

// A small world is like any other, but for the size of its hash tables
// (inet_pernet_hashinfo_alloc). The setting reads negative where the table is
// the machine's.
func TestKernelHostsOfASmallWorldHaveTablesOfTheirOwn(t *testing.T) {
	t.Parallel()
	world(t) // skips
	w, err := NewSmall(1024)
	must(t, err)
	t.Cleanup(func() { must(t, w.Close()) })
	h, err := w.Host("small")
	must(t, err)
	entries, err := h.ReadSysctl("net.ipv4.tcp_ehash_entries")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("kernels before 6.1 have one table for all")
	}
	must(t, err)
	limit, err := h.ReadSysctl("net.ipv4.tcp_max_tw_buckets")
	must(t, err)
	if entries != "1024" || limit != "131072" {
		t.Errorf("%s buckets, %s TIME_WAIT sockets at most", entries, limit)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func host(t *testing.T, w *World, name string) *Host {
	t.Helper()
	h, err := w.Host(name)
	must(t, err)
	return h
}

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, s := range texts {
		list = append(list, netip.MustParsePrefix(s))
	}
	return list
}

// eventually polls until done, which may take the kernel a while.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

func TestKernelHostsTalkOverIPv4AndIPv6(t *testing.T) {
	t.Parallel()
	w := world(t)
	a, b := host(t, w, "a"), host(t, w, "b")
	must(t, w.Join(a, b, prefixes("10.1.0.1/24", "fd01::1/64"), prefixes("10.1.0.2/24", "fd01::2/64")))
	for _, addr := range []string{"10.1.0.2", "fd01::2"} {
		var l net.Listener
		must(t, b.Do(func() (err error) {
			l, err = net.Listen("tcp", net.JoinHostPort(addr, "80"))
			return err
		}))
		defer l.Close()
		must(t, a.Do(func() error {
			c, err := net.DialTimeout("tcp", l.Addr().String(), patience)
			if err == nil {
				err = c.Close()
			}
			return err
		}))
	}
}

func TestKernelSettingsOfOneHostLeaveOthersAlone(t *testing.T) {
	t.Parallel()
	w := world(t)
	a, b := host(t, w, "a"), host(t, w, "b")
	const key = "net.ipv4.tcp_fin_timeout"
	outside, err := os.ReadFile("/proc/sys/net/ipv4/tcp_fin_timeout")
	must(t, err)
	before, err := b.ReadSysctl(key)
	must(t, err)
	must(t, a.Sysctl(key, "17"))
	if got, err := a.ReadSysctl(key); err != nil || got != "17" {
		t.Errorf("own setting: %q, %v", got, err)
	}
	if got, err := b.ReadSysctl(key); err != nil || got != before {
		t.Errorf("setting of the other host: %q, %v; before %q", got, err, before)
	}
	if now, err := os.ReadFile("/proc/sys/net/ipv4/tcp_fin_timeout"); err != nil || string(now) != string(outside) {
		t.Errorf("setting outside: %q, %v; before %q", now, err, outside)
	}
}

func TestKernelSysctlAcceptsOnlyWhatTheKernelKept(t *testing.T) {
	t.Parallel()
	h := host(t, world(t), "a")
	must(t, h.Sysctl("net.ipv4.ip_local_port_range", "40000 40009"))
	must(t, h.Sysctl("net.ipv4.ip_local_reserved_ports", "40001,40002,40003"))
	must(t, h.Sysctl("net/ipv4/conf/lo/rp_filter", "2"))
	if err := h.Sysctl("net.ipv4.tcp_reuse", "1"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("setting that no kernel has: %v", err)
	}
	for _, key := range []string{"kernel.hostname", "net/../kernel/hostname", "net", ""} {
		if err := h.Sysctl(key, "1"); err == nil || errors.Is(err, os.ErrNotExist) {
			t.Errorf("%q was not refused by name: %v", key, err)
		}
	}
}

// A veth end disappears when its other end's namespace is destroyed: so one
// that is kept elsewhere shows the end of a namespace.
func TestKernelNamespacesAreGoneAfterClose(t *testing.T) {
	t.Parallel()
	witness := host(t, world(t), "witness")
	w := world(t)
	doomed := host(t, w, "doomed")
	id := doomed.ID()
	must(t, doomed.Do(func() error {
		attrs := netlink.NewLinkAttrs()
		attrs.Name = "here"
		return netlink.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: "there", PeerNamespace: netlink.NsFd(int(witness.ns.Fd()))})
	}))
	p, err := doomed.Start(helper("sleep"))
	must(t, err)
	if got := nsOf(t, p.PID()); got != id {
		t.Errorf("child runs in namespace %d, host is %d", got, id)
	}
	must(t, w.Close())
	if err := p.Wait(); err == nil {
		t.Error("child was not killed")
	}
	if err := p.Signal(syscall.SIGCONT); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("signal after the end: %v", err)
	}
	if err := doomed.Do(func() error { return nil }); !errors.Is(err, os.ErrClosed) {
		t.Errorf("host after Close: %v", err)
	}
	eventually(t, "the namespace's link is gone", func() bool {
		var missing netlink.LinkNotFoundError
		return errors.As(witness.Do(func() error { _, err := netlink.LinkByName("there"); return err }), &missing)
	})
}

func nsOf(t *testing.T, pid int) uint64 {
	t.Helper()
	var stat unix.Stat_t
	must(t, unix.Stat(fmt.Sprintf("/proc/%d/ns/net", pid), &stat))
	return stat.Ino
}

func TestKernelPathOpensTheNamespace(t *testing.T) {
	t.Parallel()
	h := host(t, world(t), "a")
	var stat unix.Stat_t
	must(t, unix.Stat(h.Path(), &stat))
	if stat.Ino != h.ID() {
		t.Errorf("path leads to %d, host is %d", stat.Ino, h.ID())
	}
}

func TestKernelDoReturnsWhenItsFunctionEndsTheGoroutine(t *testing.T) {
	t.Parallel()
	h := host(t, world(t), "a")
	done := make(chan error)
	go func() {
		done <- h.Do(func() error { // as t.FailNow would
			runtime.Goexit()
			return nil
		})
	}()
	if err := <-done; !errors.Is(err, errLeft) {
		t.Errorf("got %v", err)
	}
}

func TestKernelStartSaysWhyAProgramCannotRun(t *testing.T) {
	t.Parallel()
	h := host(t, world(t), "a")
	if _, err := h.Start(exec.Command("/nonexistent")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestKernelEndOfALeaderEndsItsGroup(t *testing.T) {
	t.Parallel()
	h := host(t, world(t), "a")
	cmd := helper("leave-child")
	var out strings.Builder
	cmd.Stdout = &out
	p, err := h.Start(cmd)
	must(t, err)
	must(t, p.Wait())
	var pid int
	if _, err := fmt.Sscan(out.String(), &pid); err != nil {
		t.Fatalf("%v in %q", err, out.String())
	}
	eventually(t, "the grandchild is gone", func() bool { return dead(pid) })
}

// dead reports whether the process is gone or a zombie that init did not reap.
func dead(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return after == "" || after[0] == 'Z' || after[0] == 'X'
}

func TestKernelEveryStateIsThereForEveryFamily(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s, err := EveryState(ctx, world(t))
	must(t, err)
	defer s.Close()
	got, err := s.Host.Population()
	must(t, err)
	want := Population{IPv4: Everything(), IPv6: Everything(), Mapped: Everything()}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestKernelForgottenNeighbourIsReachedAgain(t *testing.T) {
	t.Parallel()
	w := world(t)
	a, b := host(t, w, "a"), host(t, w, "b")
	must(t, w.Join(a, b, prefixes("10.1.0.1/24"), prefixes("10.1.0.2/24")))
	peer := netip.MustParseAddr("10.1.0.2")
	must(t, a.Neigh(peer, nobody()))
	dial := func(limit time.Duration) error {
		return a.Do(func() error {
			c, err := net.DialTimeout("tcp", "10.1.0.2:80", limit)
			if err == nil {
				_ = c.Close()
			}
			return err
		})
	}
	var late net.Error
	if err := dial(50 * time.Millisecond); !errors.As(err, &late) || !late.Timeout() {
		t.Fatalf("dial over the cut link: %v", err)
	}
	must(t, a.ForgetNeigh(peer))
	if err := dial(patience); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("dial over the mended link: %v", err)
	}
}
