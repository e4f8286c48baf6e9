//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package pool_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/linger-dev/linger/pool"
)

// rarely leaves the background out of a test.
const rarely = time.Hour

// alive reports whether nothing has come in: the least that one has to write to
// look at a connection.
func alive(c net.Conn) bool {
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		return false
	}
	var look error
	err = raw.Control(func(fd uintptr) {
		var buf [1]byte
		_, _, look = syscall.Recvfrom(int(fd), buf[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	})
	return err == nil && look == syscall.EAGAIN
}

// noticed waits until what the peer did to a connection has arrived.
func noticed(t *testing.T, c net.Conn) {
	t.Helper()
	eventually(t, "sign of the peer", func() bool { return !alive(c) })
}

func TestConnectionThatThePeerClosedIsNotLent(t *testing.T) {
	for name, hangUp := range map[string]func(net.Conn){
		"by FIN": func(c net.Conn) { c.Close() },
		"by RST": func(c net.Conn) { c.(*net.TCPConn).SetLinger(0); c.Close() },
		"half":   func(c net.Conn) { c.(*net.TCPConn).CloseWrite() },
	} {
		t.Run(name, func(t *testing.T) {
			s := listen(t)
			p := newPool(t, pool.Options{CheckInterval: rarely})
			lent := []*pool.Conn{get(t, p, s.addr()), get(t, p, s.addr()), get(t, p, s.addr())}
			for _, c := range lent {
				must(t, ask(c, "hello"))
				must(t, c.Close())
			}
			for _, c := range s.accepted(t, 3) {
				hangUp(c)
			}
			for _, c := range lent {
				noticed(t, c.NetConn())
			}
			c := get(t, p, s.addr())
			defer c.Close()
			if err := ask(c, "again"); err != nil || c.Reused() {
				t.Errorf("after the server had closed: %v (reused: %v)", err, c.Reused())
			}
			closed(t, p, map[pool.Reason]uint64{pool.ClosedByPeer: 3})
		})
	}
}

func TestConnectionWithUnreadBytesIsNotLent(t *testing.T) {
	s := listen(t)
	p := newPool(t, pool.Options{CheckInterval: rarely})
	c := get(t, p, s.addr())
	_, err := io.WriteString(c, "two\nlines\n")
	must(t, err)
	if _, err := c.Read(make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	must(t, c.Close())
	c = get(t, p, s.addr())
	defer c.Close()
	must(t, ask(c, "mine"))
	closed(t, p, map[pool.Reason]uint64{pool.ClosedUnexpectedData: 1})
}

func TestIdleConnectionThatThePeerClosedIsClosedInTheBackground(t *testing.T) {
	s := listen(t)
	p := newPool(t, pool.Options{CheckInterval: time.Millisecond})
	a, b, c := get(t, p, s.addr()), get(t, p, s.addr()), get(t, p, s.addr())
	for _, c := range []*pool.Conn{a, b, c} {
		must(t, ask(c, "hello"))
	}
	a.Release()
	b.Release()
	s.accepted(t, 3)[0].Close() // one of the idle ones, as connections are accepted in order
	closed(t, p, map[pool.Reason]uint64{pool.ClosedByPeer: 1})
	if err := ask(c, "still lent"); err != nil {
		t.Error(err)
	}
	c.Release()
	if got := p.Stats(); got.Idle != 2 {
		t.Errorf("idle: %d, want 2", got.Idle)
	}
	// The places in puddle are free again too.
	for range 5 {
		get(t, p, s.addr()).Release()
	}
	if got := p.Stats(); got.Dials != 3 {
		t.Errorf("%d dials, want 3", got.Dials)
	}
}

func TestIdleConnectionThatTalksIsClosedInTheBackground(t *testing.T) {
	s := listen(t)
	p := newPool(t, pool.Options{CheckInterval: time.Millisecond})
	c := get(t, p, s.addr())
	must(t, ask(c, "hello"))
	c.Release()
	fmt.Fprintln(s.accepted(t, 1)[0], "by the way")
	closed(t, p, map[pool.Reason]uint64{pool.ClosedUnexpectedData: 1})
}

func TestGreetingOfANewConnectionIsNotTakenForDisorder(t *testing.T) {
	s := listen(t, func(c net.Conn) { io.WriteString(c, "220 ready\n") })
	p := newPool(t, pool.Options{CheckInterval: time.Millisecond})
	c := get(t, p, s.addr())
	defer c.Close()
	got := make([]byte, 10)
	if _, err := io.ReadFull(c, got); err != nil || string(got) != "220 ready\n" {
		t.Errorf("greeting %q: %v", got, err)
	}
}

func TestServerThatClosesAtOnceIsNotDialledForEver(t *testing.T) {
	s := listen(t, func(c net.Conn) { c.Close() })
	p := newPool(t, pool.Options{})
	c := get(t, p, s.addr())
	if err := ask(c, "anybody?"); err == nil {
		t.Error("a closed connection answered")
	}
	c.Release()
	if got := p.Stats().Dials; got != 1 {
		t.Errorf("%d dials, want 1", got)
	}
}

func TestTLSConnectionThatThePeerClosedIsNotLent(t *testing.T) {
	web := httptest.NewTLSServer(nil) // for its certificate
	defer web.Close()
	ln, err := tls.Listen("tcp", "127.0.0.1:0", web.TLS)
	must(t, err)
	defer ln.Close()
	accepted := make(chan net.Conn, 2)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			accepted <- c
			go io.Copy(c, c)
		}
	}()
	p := newPool(t, pool.Options{CheckInterval: rarely, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} // the look is what is tested
		return d.DialContext(ctx, network, address)
	}})
	address := ln.Addr().String()
	c := get(t, p, address)
	must(t, ask(c, "hello"))
	c.Release()
	c = get(t, p, address)
	if err := ask(c, "again"); err != nil || !c.Reused() {
		t.Fatalf("a TLS connection in good order was not lent again (%v)", err)
	}
	c.Release()
	(<-accepted).Close()
	noticed(t, c.NetConn().(*tls.Conn).NetConn())
	c = get(t, p, address)
	defer c.Close()
	if err := ask(c, "once more"); err != nil || c.Reused() {
		t.Errorf("after the server had closed: %v (reused: %v)", err, c.Reused())
	}
	if n := p.Stats().Closed[pool.ClosedUnexpectedData]; runtime.GOOS == "linux" && n != 0 {
		t.Error("TLS's farewell was taken for disorder")
	}
	(<-accepted).Close()
}

func TestConnectionThatCannotBeLookedAtIsBelieved(t *testing.T) {
	p := newPool(t, pool.Options{Dial: pipes})
	c := get(t, p, "peer")
	_, err := io.Copy(c, strings.NewReader("x"))
	must(t, err)
	c.Release()
	if c = get(t, p, "peer"); !c.Reused() {
		t.Error("a connection without a socket was not lent again")
	}
	c.Release()
}
