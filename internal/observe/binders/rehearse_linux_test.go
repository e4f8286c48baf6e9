package binders

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/portspace/bindtest"
)

func TestKernelARehearsalIsLikeTheRealCallAndLeavesTheThreadAsItWas(t *testing.T) {
	t.Parallel()
	stage := bindtest.New(t)
	shared := bindtest.Actor{Kind: bindtest.Listens, Socket: bindtest.Socket{Addr: bindtest.Own4, ReusePort: true, UID: 1000}}
	err := stage.Host.Do(func() error {
		port := stage.Port()
		if _, err := stage.Put(shared, port); err != nil {
			return err
		}
		for _, c := range []struct {
			name string
			req  portspace.Request
			want portspace.Errno
		}{
			{"a free port", portspace.Request{Addr: bindtest.Own4, Port: stage.Port(), Privileged: true}, portspace.OK},
			{"a port that is held", portspace.Request{Addr: bindtest.Any4, Port: port, Privileged: true}, portspace.EADDRINUSE},
			{"shared by the same user", portspace.Request{Addr: bindtest.Own4, Port: port, ReusePort: true, UID: 1000}, portspace.OK},
			{"shared by another user", portspace.Request{Addr: bindtest.Own4, Port: port, ReusePort: true, UID: 1001}, portspace.EADDRINUSE},
			{"a low port of root", portspace.Request{Addr: bindtest.Own4, Port: 80, Privileged: true}, portspace.OK},
			{"a low port without the right", portspace.Request{Addr: bindtest.Own4, Port: 80, UID: 1000}, portspace.EACCES},
			{"an address that is not there", portspace.Request{Addr: bindtest.Elsewhere6, V6: true, Port: port, Privileged: true}, portspace.EADDRNOTAVAIL},
			{"all of IPv6 only", portspace.Request{Addr: bindtest.Any6, V6: true, V6Only: true, Port: port, Privileged: true}, portspace.OK},
			{"all of both families", portspace.Request{Addr: bindtest.Any6, V6: true, Port: port, Privileged: true}, portspace.EADDRINUSE},
		} {
			if got, err := Rehearse(&c.req); err != nil || got != c.want {
				t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
			}
		}
		if uid, err := unix.SetfsuidRetUid(-1); err != nil || uid != 0 || !Privileged() {
			t.Errorf("the thread is left with file system uid %d (%v), privileged %v", uid, err, Privileged())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestKernelAnAddressIsHereIfItCanBeBound(t *testing.T) {
	t.Parallel()
	stage := bindtest.New(t)
	err := stage.Host.Do(func() error {
		for _, a := range []netip.Addr{
			bindtest.Own4, bindtest.Loop4, bindtest.Instead4, bindtest.Own6, bindtest.Any4, bindtest.Any6, netip.IPv6Loopback(),
			bindtest.Elsewhere4, bindtest.Elsewhere6, netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("127.255.255.255"),
		} {
			errno, err := Rehearse(&portspace.Request{Addr: a, V6: a.Is6(), Port: stage.Port(), Privileged: true})
			if err != nil {
				return err
			}
			if here := Here("/proc", a); here.May(errno != portspace.OK) {
				t.Errorf("%s is here: %s; bind() there answers %q", a, here, errno)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := stage.Host.Sysctl("net.ipv4.ip_nonlocal_bind", "1"); err != nil {
		t.Fatal(err)
	}
	if err := stage.Host.Do(func() error {
		if here := Here("/proc", bindtest.Elsewhere4); here.May(false) {
			t.Errorf("ip_nonlocal_bind lets every address be bound, said %s", here)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
