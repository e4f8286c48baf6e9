package sockdiag_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe/sockdiag"
	"github.com/linger-dev/linger/internal/tcp"
)

func TestKernelDumpDecodesAListenerAnEstablishedPairAndATimeWait(t *testing.T) {
	t.Parallel()
	enterNamespace(t)
	l := listen(t, "127.0.0.1:80", 0)
	client, server := connect(t, l, "127.0.0.1:5000", "127.0.0.1:80")
	hold(t, client, server)
	_, err := unix.Write(server, make([]byte, 100))
	must(t, err)
	_, err = unix.Poll([]unix.PollFd{{Fd: int32(client), Events: unix.POLLIN}}, -1)
	must(t, err)
	cookie := make(map[string]uint64)
	for name, fd := range map[string]int{"client": client, "listener": l} {
		cookie[name], err = unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_COOKIE)
		must(t, err)
	}
	waiting, accepted := connect(t, l, "127.0.0.1:5001", "127.0.0.1:80")
	cookie["time-wait"], err = unix.GetsockoptUint64(waiting, unix.SOL_SOCKET, unix.SO_COOKIE)
	must(t, err)
	timeWait(t, waiting, accepted)

	for _, family := range []sockdiag.Request{{}, {V4: true}} {
		c := open(t)
		with := func(states ...tcp.State) sockdiag.Request {
			req := family
			req.States = tcp.States(states...)
			return req
		}
		got := one(t, c, with(tcp.Listen))
		want := evidence.Socket{
			State: tcp.Listen, SrcPort: 80, WQueue: 7, Inode: inode(t, l), Cookie: cookie["listener"],
			Src: evidence.Addr4([4]byte{127, 0, 0, 1}), Dst: evidence.Addr4([4]byte{}),
		}
		if got != want {
			t.Errorf("listener\n got %+v\nwant %+v", got, want)
		}
		live := with(tcp.Established)
		live.LocalPort = sockdiag.Port(5000)
		got = one(t, c, live)
		want = evidence.Socket{
			State: tcp.Established, SrcPort: 5000, DstPort: 80, RQueue: 100, Inode: inode(t, client), Cookie: cookie["client"],
			Src: evidence.Addr4([4]byte{127, 0, 0, 1}), Dst: evidence.Addr4([4]byte{127, 0, 0, 1}),
		}
		if got != want {
			t.Errorf("client\n got %+v\nwant %+v", got, want)
		}
		got = one(t, c, with(tcp.TimeWait))
		if got.Expires == 0 || got.Expires > 60_000 {
			t.Errorf("TIME_WAIT has %d ms left", got.Expires)
		}
		want = evidence.Socket{
			State: tcp.TimeWait, Timer: evidence.TimerTimeWait, SrcPort: 5001, DstPort: 80,
			Expires: got.Expires, Cookie: cookie["time-wait"],
			Src: evidence.Addr4([4]byte{127, 0, 0, 1}), Dst: evidence.Addr4([4]byte{127, 0, 0, 1}),
		}
		if got != want || !got.Mini() {
			t.Errorf("TIME_WAIT\n got %+v\nwant %+v", got, want)
		}
	}
}

func inode(t *testing.T, fd int) uint64 {
	t.Helper()
	var st unix.Stat_t
	must(t, unix.Fstat(fd, &st))
	return st.Ino
}

func TestKernelFiltersPortsAddressesAndFamilies(t *testing.T) {
	t.Parallel()
	enterNamespace(t)
	l4 := listen(t, "0.0.0.0:80", 0)
	l6 := listen(t, "[::]:81", 0)
	only := listen(t, "[::]:82", 1)
	for i := range 4 {
		from := fmt.Sprintf("127.0.0.%d:%d", i+1, 5000+i)
		client, server := connect(t, l4, from, fmt.Sprintf("127.0.1.%d:80", i+1))
		timeWait(t, client, server)
	}
	hold2 := func(client, server int) { hold(t, client, server) }
	hold2(connect(t, l6, "127.0.0.9:6000", "127.0.0.9:81"))
	hold2(connect(t, l6, "[::1]:6001", "[::1]:81"))
	hold2(connect(t, only, "[::1]:6002", "[::1]:82"))
	hold2(connect(t, l6, "[::ffff:127.0.0.10]:6003", "[::ffff:127.0.0.10]:81"))

	prefix := netip.MustParsePrefix
	tw := tcp.States(tcp.TimeWait)
	up := tcp.States(tcp.Established)
	tests := []struct {
		name string
		req  sockdiag.Request
		want []uint16 // local ports
	}{
		{"all TIME_WAIT", sockdiag.Request{States: tw}, []uint16{5000, 5001, 5002, 5003}},
		{"TIME_WAIT of IPv6 only", sockdiag.Request{States: tw, V6: true}, nil},
		{"local range", sockdiag.Request{States: tw, LocalPort: sockdiag.PortMatch{Low: 5001, High: 5002}}, []uint16{5001, 5002}},
		{"open low end", sockdiag.Request{States: tw, LocalPort: sockdiag.PortMatch{High: 5001}}, []uint16{5000, 5001}},
		{"open high end", sockdiag.Request{States: tw, LocalPort: sockdiag.PortMatch{Low: 5002, High: 65535}}, []uint16{5002, 5003}},
		{"remote port", sockdiag.Request{States: up, RemotePort: sockdiag.Port(81)}, []uint16{6000, 6001, 6003}},
		{"remote port of one family", sockdiag.Request{States: up, V6: true, RemotePort: sockdiag.Port(81)}, []uint16{6001, 6003}},
		{"local address", sockdiag.Request{States: tw, Local: prefix("127.0.0.3/32")}, []uint16{5002}},
		{"remote prefix", sockdiag.Request{States: tw, Remote: prefix("127.0.1.2/31")}, []uint16{5001, 5002}},
		{"both ends and a port", sockdiag.Request{
			States: tw, Local: prefix("127.0.0.0/24"), Remote: prefix("127.0.1.0/24"), LocalPort: sockdiag.Port(5003),
		}, []uint16{5003}},
		{"an IPv4 prefix takes mapped sockets", sockdiag.Request{States: up, Local: prefix("127.0.0.8/29")}, []uint16{81, 81, 6000, 6003}},
		{"a mapped prefix is an IPv4 one", sockdiag.Request{States: up, Local: prefix("::ffff:127.0.0.8/125")}, []uint16{81, 81, 6000, 6003}},
		{"an IPv6 prefix", sockdiag.Request{States: up, Local: prefix("::1/128")}, []uint16{81, 82, 6001, 6002}},
		{"a prefix of no bits", sockdiag.Request{States: tw, Local: prefix("0.0.0.0/0")}, []uint16{5000, 5001, 5002, 5003}},
		{"listeners of IPv4", sockdiag.Request{States: tcp.States(tcp.Listen), V4: true}, []uint16{80}},
		{"listeners of both", sockdiag.Request{States: tcp.States(tcp.Listen), V4: true, V6: true}, []uint16{80, 81, 82}},
		{"listeners by port", sockdiag.Request{States: tcp.States(tcp.Listen), LocalPort: sockdiag.Port(81)}, []uint16{81}},
	}
	c := open(t)
	for _, test := range tests {
		var got []uint16
		for _, s := range rows(t, c, test.req) {
			got = append(got, s.SrcPort)
			if s.State == tcp.Listen && s.V6Only != (s.SrcPort == 82) {
				t.Errorf("%s: V6Only of port %d is %t", test.name, s.SrcPort, s.V6Only)
			}
		}
		if slices.Sort(got); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %d, want %d", test.name, got, test.want)
		}
	}
	mapped := one(t, c, sockdiag.Request{States: up, LocalPort: sockdiag.Port(6003)})
	if !mapped.V6 || ends(&mapped) != "127.0.0.10:6003 -> 127.0.0.10:81" {
		t.Errorf("mapped connection is %s, V6 %t", ends(&mapped), mapped.V6)
	}
}

func TestKernelTellsExplicitPortsFromAutomaticOnes(t *testing.T) {
	t.Parallel()
	enterNamespace(t)
	l := listen(t, "127.0.0.1:80", 0)
	hold2 := func(client, server int) { hold(t, client, server) }
	hold2(connect(t, l, "127.0.0.1:5000", "127.0.0.1:80"))
	hold2(connect(t, l, "", "127.0.0.1:80"))
	hold2(connect(t, l, "127.0.0.1:0", "127.0.0.1:80"))
	client, server := connect(t, l, "127.0.0.1:5001", "127.0.0.1:80")
	timeWait(t, client, server)

	c := open(t)
	for _, both := range []bool{true, false} {
		var got []string
		for _, s := range rows(t, c, sockdiag.Request{V4: !both, Explicit: true}) {
			got = append(got, fmt.Sprint(s.State, " ", s.SrcPort))
		}
		slices.Sort(got)
		if want := []string{"ESTABLISHED 5000", "LISTEN 80"}; !slices.Equal(got, want) {
			t.Errorf("explicit: %q, want %q", got, want)
		}
	}
}

func TestKernelGivesTheTimeOfTheLastAcknowledgementIfAsked(t *testing.T) {
	t.Parallel()
	enterNamespace(t)
	l := listen(t, "127.0.0.1:80", 0)
	client, server := connect(t, l, "127.0.0.1:5000", "127.0.0.1:80")
	hold(t, client, server)
	var info unix.TCPInfo
	if got := unsafe.Offsetof(info.Last_ack_recv); got != 56 {
		t.Errorf("tcpi_last_ack_recv is at %d", got)
	}
	c := open(t)
	for _, s := range rows(t, c, sockdiag.Request{Info: true}) {
		if (s.Info != nil) != (s.State == tcp.Established) {
			t.Errorf("%s %s: info %v", s.State, ends(&s), s.Info)
		}
		if s.Info != nil && s.Info.LastAckRecv > 60_000 {
			t.Errorf("last acknowledgement %d ms ago", s.Info.LastAckRecv)
		}
	}
	for _, s := range rows(t, c, sockdiag.Request{}) {
		if s.Info != nil {
			t.Errorf("%s has info that was not asked for", ends(&s))
		}
	}
}

func TestKernelListsHalfOpenAndOnlyBoundSockets(t *testing.T) {
	t.Parallel()
	enterNamespace(t)
	l := listen(t, "127.0.0.1:80", 0)
	// TCP_DEFER_ACCEPT keeps the connection a request sock until data come.
	must(t, unix.SetsockoptInt(l, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, 30))
	client := socket(t, unix.AF_INET)
	defer unix.Close(client)
	must(t, unix.Connect(client, sockaddr(netip.MustParseAddrPort("127.0.0.1:80"))))
	idle := socket(t, unix.AF_INET)
	defer unix.Close(idle)
	must(t, unix.Bind(idle, sockaddr(netip.MustParseAddrPort("127.0.0.1:7000"))))

	refused := socket(t, unix.AF_INET)
	defer unix.Close(refused)
	must(t, unix.Bind(refused, sockaddr(netip.MustParseAddrPort("127.0.0.1:7001"))))
	if err := unix.Connect(refused, sockaddr(netip.MustParseAddrPort("127.0.0.1:9"))); err != unix.ECONNREFUSED {
		t.Fatal(err)
	}
	reset, server := connect(t, listen(t, "127.0.0.1:81", 0), "127.0.0.1:7002", "127.0.0.1:81")
	defer unix.Close(reset)
	must(t, unix.SetsockoptLinger(server, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}))
	must(t, unix.Close(server))
	if _, err := unix.Read(reset, make([]byte, 1)); err != unix.ECONNRESET {
		t.Fatal(err)
	}

	c := open(t)
	for _, v4 := range []bool{false, true} {
		for _, state := range []tcp.State{tcp.SynRecv, tcp.NewSynRecv} {
			s := one(t, c, sockdiag.Request{V4: v4, States: tcp.States(state), RemotePort: sockdiag.PortMatch{Low: 1, High: 65535}})
			if s.State != tcp.SynRecv || s.SrcPort != 80 || s.Inode != 0 || s.Timer != evidence.TimerRetransmit {
				t.Errorf("asked for %s: %+v", state, s)
			}
		}
		if !kernelAtLeast(6, 8) {
			continue
		}
		for _, states := range []tcp.StateSet{tcp.States(tcp.BoundInactive), tcp.AllStates | tcp.States(tcp.BoundInactive)} {
			s := one(t, c, sockdiag.Request{V4: v4, States: states, LocalPort: sockdiag.Port(7000)})
			if s.SrcPort != 7000 || s.State != tcp.BoundInactive || s.Inode == 0 {
				t.Errorf("only bound: %+v", s)
			}
			s = one(t, c, sockdiag.Request{V4: v4, States: states, LocalPort: sockdiag.Port(7001)})
			if s.State != tcp.BoundInactive || s.Inode == 0 {
				t.Errorf("bound and refused: %+v", s)
			}
			s = one(t, c, sockdiag.Request{V4: v4, States: states, LocalPort: sockdiag.Port(7002)})
			if s.State != tcp.Close || s.DstPort != 81 || s.Inode == 0 {
				t.Errorf("bound and reset: %+v", s)
			}
		}
	}
}

func kernelAtLeast(major, minor int) bool {
	var name unix.Utsname
	_ = unix.Uname(&name)
	return evidence.Kernel(unix.ByteSliceToString(name.Release[:])).AtLeast(major, minor)
}

func TestKernelClientStaysInTheNamespaceThatItWasOpenedIn(t *testing.T) {
	t.Parallel()
	enterNamespace(t)
	listen(t, "127.0.0.1:80", 0)
	c := open(t)
	must(t, unix.Unshare(unix.CLONE_NEWNET))
	one(t, c, sockdiag.Request{})
	if n := len(rows(t, open(t), sockdiag.Request{})); n != 0 {
		t.Errorf("a new namespace has %d sockets", n)
	}
}

func TestKernelDumpCanBeGivenUpAndTheClientUsedAgain(t *testing.T) {
	t.Parallel()
	enterNamespace(t)
	// On a slow machine those older than a second would be taken over.
	must(t, os.WriteFile("/proc/sys/net/ipv4/tcp_tw_reuse", []byte("0"), 0o644))
	l := listen(t, "127.0.0.1:80", 0)
	const n = 2000
	for range n {
		timeWait2(t, l)
	}
	c := open(t)
	stop := errors.New("stop")
	for range 3 {
		stats, err := c.Dump(context.Background(), sockdiag.Request{}, func(*evidence.Socket) error { return stop }, nil)
		if err != stop || stats.Sockets == 0 {
			t.Fatalf("%+v, %v, want the caller's own error", stats, err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		_, err = c.Dump(ctx, sockdiag.Request{}, func(*evidence.Socket) error { cancel(); return nil }, nil)
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("%v, want the cancellation", err)
		}
		if got := len(rows(t, c, sockdiag.Request{States: tcp.States(tcp.TimeWait)})); got != n {
			t.Fatalf("%d sockets, want %d", got, n)
		}
	}
	bytes, err := c.Drain(context.Background(), sockdiag.Request{})
	if err != nil || bytes < n*88 {
		t.Errorf("drained %d bytes, %v", bytes, err)
	}
}

func timeWait2(tb testing.TB, l int) {
	client, server := connect(tb, l, "", "127.0.0.1:80")
	timeWait(tb, client, server)
}
