package sockdiag_test

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe/sockdiag"
	"github.com/linger-dev/linger/internal/tcp"
)

// enterNamespace moves the test into a network namespace of its own, with lo
// up. The thread is never unlocked, so the runtime ends it with the test, and
// the namespace with it.
func enterNamespace(tb testing.TB) {
	tb.Helper()
	if os.Geteuid() != 0 {
		tb.Skip("needs root: makes a network namespace")
	}
	runtime.LockOSThread()
	must(tb, unix.Unshare(unix.CLONE_NEWNET))
	fd := socket(tb, unix.AF_INET)
	ifr, err := unix.NewIfreq("lo")
	must(tb, err)
	ifr.SetUint16(unix.IFF_UP)
	must(tb, unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr))
	must(tb, unix.Close(fd))
	// On busy processors a reset ends a TIME_WAIT, a few times in 100,000 (seen on 6.1: one reset sent, nothing
	// retransmitted). It seems that on loopback too an ACK comes after the FIN that was sent later: TIME_WAIT
	// answers it, and the peer, which is closed by then, resets.
	must(tb, os.WriteFile("/proc/sys/net/ipv4/tcp_rfc1337", []byte("1"), 0o644))
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// socket returns a TCP socket of the current namespace, closed with the test.
func socket(tb testing.TB, family int) int {
	tb.Helper()
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(tb, err)
	return fd
}

func sockaddr(at netip.AddrPort) unix.Sockaddr {
	if at.Addr().Is4() {
		return &unix.SockaddrInet4{Addr: at.Addr().As4(), Port: int(at.Port())}
	}
	return &unix.SockaddrInet6{Addr: at.Addr().As16(), Port: int(at.Port())}
}

func family(at netip.AddrPort) int {
	if at.Addr().Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// listen returns a listener; its port is at's.
func listen(tb testing.TB, at string, v6only int) int {
	tb.Helper()
	addr := netip.MustParseAddrPort(at)
	fd := socket(tb, family(addr))
	must(tb, unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1))
	if addr.Addr().Is6() {
		must(tb, unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, v6only))
	}
	must(tb, unix.Bind(fd, sockaddr(addr)))
	must(tb, unix.Listen(fd, 7))
	tb.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

// connect returns both ends of a connection through listener; from may be ""
// for an automatic port.
func connect(tb testing.TB, listener int, from, to string) (client, server int) {
	tb.Helper()
	addr := netip.MustParseAddrPort(to)
	client = socket(tb, family(addr))
	if from != "" {
		must(tb, unix.Bind(client, sockaddr(netip.MustParseAddrPort(from))))
	}
	must(tb, unix.Connect(client, sockaddr(addr)))
	server, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
	must(tb, err)
	return client, server
}

// hold closes both ends with the test.
func hold(tb testing.TB, client, server int) {
	tb.Cleanup(func() { _, _ = unix.Close(client), unix.Close(server) })
}

// timeWait leaves a TIME_WAIT socket on the client's side. The client reads to
// the end of the stream, so that the mini-socket is there when this returns.
func timeWait(tb testing.TB, client, server int) {
	tb.Helper()
	must(tb, unix.Shutdown(client, unix.SHUT_WR))
	endOfStream(tb, server)
	must(tb, unix.Close(server))
	endOfStream(tb, client)
	must(tb, unix.Close(client))
}

func endOfStream(tb testing.TB, fd int) {
	tb.Helper()
	if n, err := unix.Read(fd, make([]byte, 1)); n != 0 || err != nil {
		tb.Fatalf("read %d, %v, want the end of the stream", n, err)
	}
}

func open(tb testing.TB) *sockdiag.Client {
	tb.Helper()
	c, err := sockdiag.Open()
	if errors.Is(err, sockdiag.ErrNoModule) {
		tb.Skip(err)
	}
	must(tb, err)
	tb.Cleanup(func() { must(tb, c.Close()) })
	return c
}

// rows collects copies of what req selects.
func rows(tb testing.TB, c *sockdiag.Client, req sockdiag.Request) []evidence.Socket {
	tb.Helper()
	var all []evidence.Socket
	stats, err := c.Dump(context.Background(), req, func(s *evidence.Socket) error {
		row := *s
		if s.Info != nil {
			info := *s.Info
			row.Info = &info
		}
		all = append(all, row)
		return nil
	}, nil)
	must(tb, err)
	if stats.Sockets != uint64(len(all)) || stats.Torn != 0 {
		tb.Errorf("stats %+v of %d rows", stats, len(all))
	}
	return all
}

// one is rows for a request that must select exactly one.
func one(tb testing.TB, c *sockdiag.Client, req sockdiag.Request) evidence.Socket {
	tb.Helper()
	all := rows(tb, c, req)
	if len(all) != 1 {
		tb.Fatalf("%+v selects %d rows, want 1: %+v", req, len(all), all)
	}
	return all[0]
}

func ends(s *evidence.Socket) string {
	return tcp.FourTuple{
		Src: netip.AddrPortFrom(s.Src.Netip(), s.SrcPort),
		Dst: netip.AddrPortFrom(s.Dst.Netip(), s.DstPort),
	}.String()
}
