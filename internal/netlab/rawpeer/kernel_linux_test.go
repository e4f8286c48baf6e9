package rawpeer

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/tcp"
)

// patience bounds waits for the kernel; no test depends on how long it takes.
const patience = 20 * time.Second

func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// host makes a namespace.
func host(t testing.TB) *netlab.Host {
	t.Helper()
	w, err := netlab.NewSmall(1024)
	var no *netlab.PrivilegeError
	if errors.As(err, &no) {
		t.Skipf("needs private namespaces: %v; %s", err, no.Hint)
	}
	must(t, err)
	t.Cleanup(func() { must(t, w.Close()) })
	h, err := w.Host("kernel")
	must(t, err)
	return h
}

// attach joins a raw peer to h, over both families: .2 to the kernel's .1.
func attach(t testing.TB, h *netlab.Host, o Options) *Peer {
	t.Helper()
	o.Kernel = []netip.Prefix{netip.MustParsePrefix("10.9.0.1/24"), netip.MustParsePrefix("fd09::1/64")}
	o.Addrs = []netip.Addr{netip.MustParseAddr("10.9.0.2"), netip.MustParseAddr("fd09::2")}
	p, err := Attach(h, o)
	var no *UnavailableError
	if errors.As(err, &no) {
		t.Skipf("%v; %s", err, no.Hint)
	}
	must(t, err)
	t.Cleanup(func() { must(t, p.Close()) })
	return p
}

func kernelListens(t testing.TB, h *netlab.Host, at netip.AddrPort) *net.TCPListener {
	t.Helper()
	var l *net.TCPListener
	must(t, h.Do(func() (err error) {
		l, err = net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at))
		return err
	}))
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func kernelDials(t *testing.T, h *netlab.Host, to netip.AddrPort) *net.TCPConn {
	t.Helper()
	var c *net.TCPConn
	must(t, h.Do(func() (err error) {
		c, err = net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(to))
		return err
	}))
	t.Cleanup(func() { _ = c.Close() })
	must(t, c.SetDeadline(time.Now().Add(patience)))
	return c
}

// connect opens a connection by either side.
func connect(t *testing.T, h *netlab.Host, p *Peer, opener Side, v6 bool) (*net.TCPConn, *Conn) {
	t.Helper()
	kernel, raw := netip.MustParseAddrPort("10.9.0.1:80"), netip.MustParseAddrPort("10.9.0.2:80")
	if v6 {
		kernel, raw = netip.MustParseAddrPort("[fd09::1]:80"), netip.MustParseAddrPort("[fd09::2]:80")
	}
	ctx := bounded(t)
	if opener == Raw {
		l := kernelListens(t, h, kernel)
		c, err := p.Dial(ctx, netip.AddrPort{}, kernel)
		must(t, err)
		k, err := l.AcceptTCP()
		must(t, err)
		t.Cleanup(func() { _ = k.Close() })
		must(t, k.SetDeadline(time.Now().Add(patience)))
		return k, c
	}
	l, err := p.Listen(80)
	must(t, err)
	k := kernelDials(t, h, raw)
	c, err := l.Accept(ctx)
	must(t, err)
	return k, c
}

// eventually waits until the kernel's sockets of a host are in these states.
func eventually(t *testing.T, h *netlab.Host, want ...tcp.State) {
	t.Helper()
	var got []tcp.State
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		all, err := h.Population()
		must(t, err)
		got = nil
		for _, states := range all {
			for s, n := range states {
				if s != tcp.Listen {
					got = append(got, slices.Repeat([]tcp.State{s}, n)...)
				}
			}
		}
		if slices.Equal(got, want) {
			return
		}
	}
	t.Errorf("the kernel has %v, want %v", got, want)
}

// becomes waits until the raw end is in a state.
func becomes(t *testing.T, c *Conn, want tcp.State) {
	t.Helper()
	for end := time.Now().Add(patience); c.State() != want; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the raw end is in %s, want %s", c.State(), want)
		}
	}
}

// unharmed checks that nobody dropped anything silently.
func unharmed(t *testing.T, h *netlab.Host, p *Peer) {
	t.Helper()
	must(t, h.Do(func() error {
		l, err := netlink.LinkByName("raw0")
		if err != nil {
			return err
		}
		if s := l.Attrs().Statistics; s.TxDropped+s.RxDropped+s.RxErrors+s.TxErrors != 0 {
			t.Errorf("the device dropped packets: %+v", s)
		}
		b, err := os.ReadFile("/proc/thread-self/net/snmp")
		if err != nil {
			return err
		}
		if n := counter(t, string(b), "InCsumErrors"); n != 0 {
			t.Errorf("the kernel saw %d bad checksums", n)
		}
		if b, err = os.ReadFile("/proc/thread-self/net/snmp6"); err != nil {
			return err
		}
		for line := range strings.Lines(string(b)) {
			if f := strings.Fields(line); f[0] == "Ip6InAddrErrors" && f[1] != "0" {
				t.Errorf("the kernel did not take %s packets to its address", f[1])
			}
		}
		return nil
	}))
	if c := p.Counts(); c.Malformed+c.Unsent+c.Strangers != 0 {
		t.Errorf("%+v", c)
	}
}

// counter reads a counter of TCP from /proc/net/snmp.
func counter(t *testing.T, snmp, name string) int {
	t.Helper()
	var heads, values []string
	for line := range strings.Lines(snmp) {
		if rest, ok := strings.CutPrefix(line, "Tcp: "); ok {
			heads, values = values, strings.Fields(rest)
		}
	}
	i := slices.Index(heads, name)
	if i < 0 {
		t.Fatalf("no %s in %v", name, heads)
	}
	n, err := strconv.Atoi(values[i])
	must(t, err)
	return n
}

// echoed sends a text from one end to the other and back.
func echoed(t *testing.T, k *net.TCPConn, c *Conn) {
	t.Helper()
	const text = "what goes around"
	_, err := c.Write(bounded(t), []byte(text))
	must(t, err)
	got := make([]byte, len(text))
	_, err = io.ReadFull(k, got)
	must(t, err)
	_, err = k.Write(got)
	must(t, err)
	back := make([]byte, 0, len(text))
	for len(back) < len(text) {
		n, err := c.Read(bounded(t), back[len(back):cap(back)])
		must(t, err)
		back = back[:len(back)+n]
	}
	if string(back) != text {
		t.Errorf("%q came back", back)
	}
}
