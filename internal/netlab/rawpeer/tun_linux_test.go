package rawpeer

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestWhereThereIsNoTUNTheErrorSaysWhatToDo(t *testing.T) {
	for errno, want := range map[unix.Errno]string{
		unix.ENOENT: "modprobe", unix.ENODEV: "modprobe", unix.ENXIO: "modprobe", unix.EACCES: "root", unix.EPERM: "root",
	} {
		err := fmt.Errorf("attach: %w", unavailable(errno))
		var no *UnavailableError
		if !errors.As(err, &no) || !strings.Contains(no.Hint, want) || !errors.Is(err, errno) {
			t.Errorf("%s: %v, %+v", errno, err, no)
		}
	}
	var no *UnavailableError
	if err := unavailable(unix.EMFILE); errors.As(err, &no) {
		t.Errorf("EMFILE says nothing about TUN devices: %v", err)
	}
}

func TestAddressesMustLieInANetworkOfTheKernel(t *testing.T) {
	good := Options{Kernel: []netip.Prefix{netip.MustParsePrefix("10.9.0.1/24")}, Addrs: []netip.Addr{netip.MustParseAddr("10.9.0.2")}}
	must(t, good.check())
	for _, addr := range []string{"10.9.0.1", "10.9.1.2", "fd00::1"} {
		bad := good
		bad.Addrs = []netip.Addr{netip.MustParseAddr(addr)}
		if err := bad.check(); !errors.Is(err, ErrNoAddress) {
			t.Errorf("%s: %v", addr, err)
		}
	}
	for _, bad := range []Options{{Kernel: good.Kernel}, {Addrs: good.Addrs}} {
		if bad.check() == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return len(list)
}

// It is not parallel: it counts what belongs to the whole process.
func TestKernelCloseLeavesNothingBehind(t *testing.T) {
	h := host(t)
	attachAndClose := func() {
		p := attach(t, h, Options{})
		_, c := connect(t, h, p, Kernel, false)
		_, err := p.Disturb(Rule{Do: Delay, Match: Match{Any: true}, Times: -1, By: time.Hour})
		must(t, err)
		must(t, c.Close()) // in the air for an hour
		must(t, p.Close())
		must(t, p.Close())
		if _, err := p.Listen(80); err == nil {
			t.Error("it can still be used")
		}
	}
	attachAndClose()
	files, routines := descriptors(t), runtime.NumGoroutine()
	for range 5 {
		attachAndClose()
	}
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		f, r := descriptors(t), runtime.NumGoroutine()
		// Each round leaves a socket of the kernel's side open until the cleanup.
		if f <= files+5 && r <= routines {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d descriptors and %d goroutines became %d and %d", files, routines, f, r)
		}
	}
}
