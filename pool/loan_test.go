package pool_test

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/linger-dev/linger/pool"
)

func TestEveryUseAfterTheLoanFails(t *testing.T) {
	s := listen(t)
	p := newPool(t, pool.Options{})
	c := get(t, p, s.addr())
	must(t, c.Close())
	next := get(t, p, s.addr())
	defer next.Close()
	for name, use := range map[string]func() error{
		"Read":             func() error { _, err := c.Read(make([]byte, 1)); return err },
		"Write":            func() error { _, err := c.Write([]byte("x")); return err },
		"ReadFrom":         func() error { _, err := c.ReadFrom(strings.NewReader("x")); return err },
		"Close":            c.Close,
		"SetDeadline":      func() error { return c.SetDeadline(time.Now()) },
		"SetReadDeadline":  func() error { return c.SetReadDeadline(time.Now()) },
		"SetWriteDeadline": func() error { return c.SetWriteDeadline(time.Now()) },
	} {
		if err := use(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s after Close: %v", name, err)
		}
	}
	c.Discard()
	c.Release()
	must(t, ask(next, "not disturbed"))
}

func TestDiscardedConnectionIsClosed(t *testing.T) {
	s := listen(t)
	p := newPool(t, pool.Options{})
	get(t, p, s.addr()).Discard()
	if c := get(t, p, s.addr()); c.Reused() {
		t.Error("a discarded connection was lent again")
	} else {
		c.Release()
	}
	closed(t, p, map[pool.Reason]uint64{pool.ClosedDiscarded: 1})
}

func TestConnectionThatFailedIsNotKept(t *testing.T) {
	for name, fail := range map[string]func(*testing.T, *server, *pool.Conn) error{
		"the end": func(t *testing.T, s *server, c *pool.Conn) error {
			s.hangUp(t)
			_, err := c.Read(make([]byte, 1))
			return err
		},
		"a time-out": func(t *testing.T, _ *server, c *pool.Conn) error {
			must(t, c.SetDeadline(time.Unix(1, 0)))
			_, err := c.Read(make([]byte, 1))
			return err
		},
		"a write that timed out": func(t *testing.T, _ *server, c *pool.Conn) error {
			must(t, c.SetWriteDeadline(time.Unix(1, 0)))
			_, err := c.Write([]byte("x"))
			return err
		},
		"a source that failed": func(_ *testing.T, _ *server, c *pool.Conn) error {
			_, err := c.ReadFrom(failing{})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := listen(t)
			p := newPool(t, pool.Options{})
			c := get(t, p, s.addr())
			if err := fail(t, s, c); err == nil {
				t.Fatal("nothing failed")
			}
			must(t, c.Close())
			closed(t, p, map[pool.Reason]uint64{pool.ClosedBroken: 1})
		})
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("no more") }

func TestCloseWakesWhoReadsAndClosesTheConnection(t *testing.T) {
	s := listen(t)
	p := newPool(t, pool.Options{})
	c := get(t, p, s.addr())
	woken := make(chan error)
	go func() {
		_, err := c.Read(make([]byte, 1))
		woken <- err
	}()
	eventually(t, "reader", func() bool { return c.Busy() })
	must(t, c.Close())
	if err := <-woken; !errors.Is(err, net.ErrClosed) {
		t.Errorf("the reader got %v", err)
	}
	closed(t, p, map[pool.Reason]uint64{pool.ClosedBroken: 1})
}

func TestDeadlineEndsWithTheLoan(t *testing.T) {
	s := listen(t)
	p := newPool(t, pool.Options{})
	c := get(t, p, s.addr())
	must(t, c.SetReadDeadline(time.Unix(1, 0)))
	must(t, c.SetWriteDeadline(time.Unix(1, 0)))
	must(t, c.Close())
	c = get(t, p, s.addr())
	defer c.Close()
	if err := ask(c, "in time"); err != nil || !c.Reused() {
		t.Errorf("the next borrower: %v (reused: %v)", err, c.Reused())
	}
}

func TestStateStaysWithTheConnection(t *testing.T) {
	s := listen(t)
	p := newPool(t, pool.Options{})
	c := get(t, p, s.addr())
	if c.State() != nil {
		t.Errorf("a new connection has state %v", c.State())
	}
	c.SetState("logged in")
	must(t, c.Close())
	c = get(t, p, s.addr())
	if c.State() != "logged in" {
		t.Errorf("state %v is of another connection", c.State())
	}
	c.Discard()
	c = get(t, p, s.addr())
	defer c.Close()
	if c.State() != nil {
		t.Errorf("state %v outlived its connection", c.State())
	}
}

func TestFileIsCopiedWhole(t *testing.T) {
	s := listen(t)
	p := newPool(t, pool.Options{})
	name := t.TempDir() + "/file"
	want := strings.Repeat("all of it ", 100)
	must(t, os.WriteFile(name, []byte(want), 0o600))
	f, err := os.Open(name)
	must(t, err)
	defer f.Close()
	c := get(t, p, s.addr())
	if n, err := io.Copy(c, f); err != nil || n != int64(len(want)) {
		t.Fatalf("copied %d bytes: %v", n, err)
	}
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Errorf("the echo differs (%v)", err)
	}
	must(t, c.Close())
	if got := p.Stats().Idle; got != 1 {
		t.Errorf("idle: %d; the connection was not kept", got)
	}
}
