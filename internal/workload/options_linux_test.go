package workload

import (
	"errors"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// needPortRange skips where the kernel does not have IP_LOCAL_PORT_RANGE. It came
// with 6.3, and later to older kernels.
func needPortRange(t *testing.T) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	check(t, err)
	defer unix.Close(fd)
	_, err = unix.GetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_LOCAL_PORT_RANGE)
	if !errors.Is(err, unix.ENOPROTOOPT) {
		check(t, err)
		return
	}
	var name unix.Utsname
	check(t, unix.Uname(&name))
	if release := evidence.Kernel(unix.ByteSliceToString(name.Release[:])); release.AtLeast(6, 3) {
		t.Fatalf("IP_LOCAL_PORT_RANGE came with 6.3, but %s does not have it", release)
	}
	t.Skip("this kernel has no IP_LOCAL_PORT_RANGE (6.3)")
}

func TestKernelPortRangeEndsWithEADDRNOTAVAIL(t *testing.T) {
	t.Parallel()
	needPortRange(t)
	from, to := pair(t)
	c, s := hire(t, from), hire(t, to)
	must(t, s.Driver, Listen, "l", Request{At: service})
	must(t, s.Driver, Listen, "m", Request{At: at("10.1.0.2:81")})
	narrow := Options{PortRange: [2]uint16{40000, 40009}}
	a := fails(t, "EADDRNOTAVAIL", c.Driver, Connect, "c", Request{To: service, Options: narrow, Times: 12, Await: true})
	slices.Sort(a.Ports)
	if a.Failed != 11 || a.Count != 10 || len(slices.Compact(a.Ports)) != 10 || a.Ports[0] != 40000 || a.Ports[9] != 40009 {
		t.Errorf("%+v", a)
	}
	must(t, c.Driver, Info, "c10", Request{})

	// Without a bind, or with one that leaves the port open, another
	// destination has the same ports again; with bind(addr, 0) it has not.
	late := narrow
	late.NoPort = true
	other := Request{To: at("10.1.0.2:81"), From: at("10.1.0.1:0"), Options: narrow, Await: true}
	fails(t, "EADDRINUSE", c.Driver, Connect, "early", other)
	other.Options = late
	must(t, c.Driver, Connect, "late", other)
	if a := must(t, c.Driver, Bind, "b", Request{At: at("10.1.0.1:0"), Options: late}); a.Local.Port() != 0 {
		t.Errorf("bind took a port: %+v", a)
	}
}

func TestKernelReuseOptionsAllowASecondBind(t *testing.T) {
	t.Parallel()
	_, host := pair(t)
	p := hire(t, host)
	for _, test := range []struct {
		name   string
		o      Options
		listen bool
		want   string
	}{
		{"none", Options{}, false, "EADDRINUSE"},
		{"addr", Options{ReuseAddr: true}, false, ""},
		{"addr-listening", Options{ReuseAddr: true}, true, "EADDRINUSE"},
		{"port-listening", Options{ReusePort: true}, true, ""},
		{"other-user", Options{ReusePort: true, UID: 1000}, true, "EADDRINUSE"},
	} {
		first := test.o
		first.UID = 0
		call := Bind
		if test.listen {
			call = Listen
		}
		must(t, p.Driver, call, "a", Request{At: service, Options: first})
		a := try(t, p.Driver, call, "b", Request{At: service, Options: test.o})
		skipWithoutUser(t, a)
		if a.Errno != test.want {
			t.Errorf("%s: %q, want %q", test.name, a.Errno, test.want)
		}
		if test.want == "" {
			must(t, p.Driver, Close, "b", Request{})
		}
		must(t, p.Driver, Close, "a", Request{})
	}
}

func TestKernelV6OnlyLeavesIPv4ToAnother(t *testing.T) {
	t.Parallel()
	_, host := pair(t)
	p := hire(t, host)
	must(t, p.Driver, Listen, "both", Request{At: at("[::]:80")})
	fails(t, "EADDRINUSE", p.Driver, Listen, "four", Request{At: at("0.0.0.0:80")})
	must(t, p.Driver, Close, "both", Request{})
	must(t, p.Driver, Listen, "six", Request{At: at("[::]:80"), Options: Options{V6Only: true}})
	must(t, p.Driver, Listen, "four", Request{At: at("0.0.0.0:80")})
}

// Without the option the orphan waits in FIN_WAIT2 for the peer's end; a
// negative one makes close(2) reset the connection (__tcp_close).
func TestKernelNegativeLinger2ResetsAtClose(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		o    Options
		want tcp.State
	}{
		{Options{Negative: true}, tcp.Close},
		{Options{Linger2: 30 * time.Second}, tcp.CloseWait},
	} {
		c, s := joined(t, test.o, Options{})
		must(t, c.Driver, Shutdown, "c", Request{})
		becomes(t, c.Driver, "c", tcp.FinWait2)
		must(t, c.Driver, Close, "c", Request{})
		a := becomes(t, s.Driver, "s", test.want)
		if want := map[tcp.State]string{tcp.Close: "EPIPE"}[test.want]; a.Pending != want {
			t.Errorf("%v: SO_ERROR is %q, want %q", test.want, a.Pending, want)
		}
	}
}

// The orphan stays in FIN_WAIT2 for what the option says, rounded up, and not
// for tcp_fin_timeout, a minute.
func TestKernelLinger2ShortensFinWait2(t *testing.T) {
	t.Parallel()
	from, to := pair(t)
	c, s := hire(t, from), hire(t, to)
	must(t, s.Driver, Listen, "l", Request{At: service})
	must(t, c.Driver, Connect, "c", Request{To: service, Await: true, Options: Options{Linger2: 29500 * time.Millisecond}})
	must(t, c.Driver, Shutdown, "c", Request{})
	becomes(t, c.Driver, "c", tcp.FinWait2)
	must(t, c.Driver, Close, "c", Request{})
	list := rows(t, from, serviceRow)
	if len(list) != 1 || list[0][3] != "05" || list[0][5] < "03:00000001" || list[0][5] > "03:00000BC0" {
		t.Errorf("not 30 s or less in FIN_WAIT2: %v", list)
	}
}

// The timer of an open connection is 02, keepalive, or 00, none.
func TestKernelKeepAliveRunsOnlyWhereItIsAskedFor(t *testing.T) {
	t.Parallel()
	from, to := pair(t)
	launch(t, to, "echo-server", "-addr=10.1.0.2:80").await(t, Started)
	launch(t, to, "echo-server", "-addr=10.1.0.2:81", "-options=keep_alive").await(t, Started)
	launch(t, from, "hold-client", "-target=10.1.0.2:80", "-options=keep_alive").await(t, Started)
	launch(t, from, "hold-client", "-target=10.1.0.2:81").await(t, Started)
	for word, want := range map[string]string{":0050 01": "02", ":0051 01": "00"} {
		if list := rows(t, from, word); len(list) != 1 || list[0][5][:2] != want {
			t.Errorf("client %s: not timer %s: %v", word, want, list)
		}
	}
	for word, want := range map[string]string{"0200010A:0050 0100010A": "00", "0200010A:0051 0100010A": "02"} {
		if list := rows(t, to, word); len(list) != 1 || list[0][5][:2] != want {
			t.Errorf("server %s: not timer %s: %v", word, want, list)
		}
	}
}

// skipWithoutUser ends a test where the user of its request does not exist.
func skipWithoutUser(t *testing.T, a Answer) {
	t.Helper()
	if a.Errno == "EPERM" {
		t.Skipf("needs more users than this user namespace has: %s", a.Error)
	}
}

// A socket belongs to the user that made it, and so do those that it accepts.
func TestKernelUserOfASocketIsInProc(t *testing.T) {
	t.Parallel()
	from, to := pair(t)
	s := hire(t, to)
	skipWithoutUser(t, try(t, s.Driver, Listen, "l", Request{At: service, Options: Options{UID: 1000}}))
	must(t, s.Driver, Listen, "root", Request{At: at("10.1.0.2:81")})
	launch(t, to, "echo-server", "-addr=10.1.0.2:82", "-options=uid=1002").await(t, Started)
	launch(t, from, "hold-client", "-target=10.1.0.2:80", "-options=uid=1001").await(t, Started)
	launch(t, from, "hold-client", "-target=10.1.0.2:81").await(t, Started)
	e := launch(t, from, "short-client", "-target=10.1.0.2:82", "-keep-alive", "-count=1", "-hold=1m")
	e.await(t, Started)
	must(t, s.Driver, Accept, "s", Request{Of: "l"})
	must(t, s.Driver, Accept, "t", Request{Of: "root"})
	for _, test := range []struct{ word, uid string }{
		{"0200010A:0050 00000000:0000 0A", "1000"},
		{"0200010A:0050 0100010A", "1000"},
		{"0200010A:0051 0100010A", "0"},
		{"0200010A:0052 00000000:0000 0A", "1002"},
	} {
		if list := rows(t, to, test.word); len(list) != 1 || list[0][7] != test.uid {
			t.Errorf("server: %s is not of user %s: %v", test.word, test.uid, list)
		}
	}
	for word, uid := range map[string]string{" 0200010A:0050 ": "1001", " 0200010A:0051 ": "0"} {
		if list := rows(t, from, word); len(list) != 1 || list[0][7] != uid {
			t.Errorf("client: %s is not of user %s: %v", word, uid, list)
		}
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		list := rows(t, to, "0200010A:0052 0100010A")
		if len(list) == 1 && list[0][7] == "1002" {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("accepted by the server of user 1002: %v", list)
		}
	}
}
