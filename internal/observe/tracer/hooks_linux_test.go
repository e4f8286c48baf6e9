package tracer

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestKernelWithoutTheTimerTimeWaitIsEstimatedAndLabelled(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	openTracer(t, Options{Namespace: l.ns}) // or skip
	tr, err := attach(Options{Namespace: l.ns, Records: true}.withDefaults(), hooks(running()), 0, errors.New("the test hides it"))
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	s, done := collect(t.Context(), tr)
	_, end := l.serve()
	l.run([]string{"client", countEnv + "=200"})
	end()
	truths := readTruths(t, l.truth)
	s.awaitAll(truths)
	done()
	for _, want := range truths {
		for _, r := range s.closed[want.cookie] {
			if want.lingers && r.End != EndTimeWait || !r.Estimated || r.Closer.PID != want.closer {
				t.Errorf("got %+v\nwant %+v", r, want)
			}
		}
	}
	c, err := tr.Coverage()
	if err != nil || c.Exact || c.Hooks[0].Attached || c.Hooks[0].Why != "the test hides it" || len(c.Gaps()) == 0 {
		t.Errorf("coverage %+v, %v", c, err)
	}
}

func TestKernelConnectWithoutAFreePortIsAFailureOfItsCaller(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	tr := openTracer(t, Options{Namespace: l.ns, Records: true})
	s, done := collect(t.Context(), tr)
	if err := l.host.Sysctl("net.ipv4.ip_local_port_range", "40000 40000"); err != nil {
		t.Fatal(err)
	}
	var failed int
	err := l.host.Do(func() error {
		listener, err := listenOn(false, 50000) // not the one port
		if err != nil {
			return err
		}
		defer unix.Close(listener) //nolint:errcheck // only for the test
		to, err := unix.Getsockname(listener)
		if err != nil {
			return err
		}
		to.(*unix.SockaddrInet4).Addr = [4]byte{127, 0, 0, 1}
		for range 4 {
			fd, err := socket(false)
			if err != nil {
				return err
			}
			defer unix.Close(fd) //nolint:errcheck // only for the test
			if err := unix.Connect(fd, to); errors.Is(err, unix.EADDRNOTAVAIL) {
				failed++
			} else if err != nil {
				return err
			}
		}
		// Refused is not the same as without a port.
		fd, err := socket(false)
		if err != nil {
			return err
		}
		defer unix.Close(fd) //nolint:errcheck // only for the test
		err = unix.Connect(fd, &unix.SockaddrInet4{Port: 1, Addr: [4]byte{127, 0, 0, 1}})
		if !errors.Is(err, unix.ECONNREFUSED) {
			return fmt.Errorf("connect to a closed port: %v", err)
		}
		return nil
	})
	if err != nil || failed != 3 {
		t.Fatalf("%d calls failed, %v", failed, err)
	}
	failures, err := tr.Failures()
	if err != nil || len(failures) != 1 {
		t.Fatalf("failures %+v, %v", failures, err)
	}
	f := failures[0]
	if f.Call != Connect || f.Count != 3 || f.Owner.PID != syscall.Getpid() || f.Bound || f.Addr.Addr().String() != "127.0.0.1" || f.Namespace != l.ns {
		t.Errorf("%+v", f)
	}
	searched(t, tr, f.Addr, 1, 3)
	searched(t, tr, netip.MustParseAddrPort("127.0.0.1:1"), 1, 0)
	s.awaitFailures(3)
	done()
	if len(s.failed) != 3 || s.failed[0].Failure != Connect || s.failed[0].Dst != f.Addr || s.failed[0].Opener != f.Owner {
		t.Errorf("%+v", s.failed)
	}
}

// collisions are what the agent "failing" must see of its calls.
func collisions() []string {
	binds := 1
	if fd, err := multipath(); err == nil {
		_ = unix.Close(fd)
		binds++
	}
	return []string{
		fmt.Sprintf("bind 127.0.0.1:7000 true %d", binds), "bind [::1]:7000 true 1",
		"listen 127.0.0.1:7001 true 1", "listen [::1]:7001 true 1",
	}
}

func TestKernelBindAndListenOnATakenAddressAreFailuresOfTheirCaller(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	openTracer(t, Options{Namespace: l.ns}) // or skip
	for _, way := range []string{"", waySystemCalls} {
		hook, got := l.failing(agent("failing", wayEnv+"="+way))
		if strings.Contains(hook, "CAP_SYS_ADMIN") {
			t.Skip(hook)
		}
		t.Log(hook)
		if way == waySystemCalls && hook != "seen by sys_exit_bind" || !slices.Equal(got, collisions()) {
			t.Errorf("%s: got %q\nwant %q", hook, got, collisions())
		}
	}
}

func TestKernelWhereFunctionsMayBeWatchedFailedBindsTakeNoTracefs(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	openTracer(t, Options{Namespace: l.ns}) // or skip
	cmd := agent("failing")
	l.modest(cmd)
	hook, got := l.failing(cmd)
	if strings.HasPrefix(hook, "missing") {
		t.Skipf("the kernel lets no function be watched, and %s", hook)
	}
	if hook != "seen by inet_csk_get_port" || !slices.Equal(got, collisions()) {
		t.Errorf("%s: got %q\nwant %q", hook, got, collisions())
	}
}

// failing runs the agent of that name, and returns what it says of its hooks,
// and, sorted, what it saw.
func (l *lab) failing(cmd *exec.Cmd) (hook string, saw []string) {
	l.t.Helper()
	p, out, _ := l.startCommand(cmd)
	text, err := io.ReadAll(out)
	if err := errors.Join(err, p.Wait()); err != nil {
		l.t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	slices.Sort(lines[1:])
	return lines[0], lines[1:]
}
