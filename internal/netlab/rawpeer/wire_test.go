package rawpeer

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/netip"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// wireEnd is one end of a wire that stands for a TUN device.
type wireEnd struct {
	in, out chan []byte
	cut     chan struct{} // closed with either end
	once    *sync.Once
}

func wire() (a, b wireEnd) {
	x, y := make(chan []byte, 4096), make(chan []byte, 4096)
	cut, once := make(chan struct{}), new(sync.Once)
	return wireEnd{x, y, cut, once}, wireEnd{y, x, cut, once}
}

func (w wireEnd) Read(b []byte) (int, error) {
	select {
	case packet := <-w.in:
		return copy(b, packet), nil
	case <-w.cut:
		return 0, io.EOF
	}
}

func (w wireEnd) Write(b []byte) (int, error) {
	select {
	case w.out <- bytes.Clone(b):
		return len(b), nil
	case <-w.cut:
		return 0, os.ErrClosed
	}
}

func (w wireEnd) Close() error {
	w.once.Do(func() { close(w.cut) })
	return nil
}

var (
	rawAddr   = netip.MustParseAddr("10.9.0.2")
	otherAddr = netip.MustParseAddr("10.9.0.1")
)

// inBubble runs a test in simulated time with two peers: the second one stands
// for the kernel.
func inBubble(t *testing.T, raw, other Options, test func(t *testing.T, raw, other *Peer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a, b := wire()
		raw.Addrs, other.Addrs = []netip.Addr{rawAddr}, []netip.Addr{otherAddr}
		p, q := start(a, raw), start(b, other)
		defer func() { must(t, errors.Join(p.Close(), q.Close())) }()
		test(t, p, q)
	})
}

// joined opens a connection from raw to other.
func joined(t *testing.T, raw, other *Peer, port uint16) (c, d *Conn) {
	t.Helper()
	ctx := context.Background()
	l, err := other.Listen(port)
	must(t, err)
	c, err = raw.Dial(ctx, netip.AddrPortFrom(rawAddr, 4000), netip.AddrPortFrom(otherAddr, port))
	must(t, err)
	d, err = l.Accept(ctx)
	must(t, err)
	return c, d
}

func expectState(t *testing.T, who string, c *Conn, want tcp.State) {
	t.Helper()
	synctest.Wait()
	if got := c.State(); got != want {
		t.Errorf("%s is in %s, want %s", who, got, want)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// bytesOf reads until the end of the stream.
func bytesOf(t testing.TB, ctx context.Context, c *Conn) (all []byte) {
	t.Helper()
	b := make([]byte, 64<<10)
	for {
		n, err := c.Read(ctx, b)
		all = append(all, b[:n]...)
		if errors.Is(err, io.EOF) {
			return all
		}
		must(t, err)
	}
}

// settle lets everything happen that needs no more than d.
func settle(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
