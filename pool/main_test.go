package pool_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/linger-dev/linger/pool"
)

// serveEnv makes the test binary an echo server on that address, which can be
// killed as a server can.
const serveEnv = "POOL_TEST_SERVE"

func TestMain(m *testing.M) {
	if address := os.Getenv(serveEnv); address != "" {
		fmt.Println(serve(address))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

func serve(address string) error {
	ln, err := new(pool.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		return err
	}
	for {
		c, err := ln.Accept()
		if err != nil {
			return err
		}
		go io.Copy(c, c)
	}
}

// server sends back what it gets, and does what tests want of its connections.
type server struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
	ended sync.WaitGroup
}

// listen starts a server. greet runs on each connection before the echo.
func listen(t testing.TB, greet ...func(net.Conn)) *server {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s := &server{Listener: ln}
	s.ended.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, c)
			s.mu.Unlock()
			s.ended.Go(func() {
				defer c.Close()
				for _, g := range greet {
					g(c)
				}
				io.Copy(c, c)
			})
		}
	})
	t.Cleanup(s.stop)
	return s
}

func (s *server) addr() string { return s.Addr().String() }

// accepted returns the connections so far, at least n of them.
func (s *server) accepted(t testing.TB, n int) []net.Conn {
	t.Helper()
	var conns []net.Conn
	eventually(t, fmt.Sprintf("%d connections at the server", n), func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		conns = s.conns
		return len(conns) >= n
	})
	return conns
}

func (s *server) hangUp(t testing.TB) {
	for _, c := range s.accepted(t, 1) {
		c.Close()
	}
}

func (s *server) stop() {
	s.Close()
	s.mu.Lock()
	for _, c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.ended.Wait()
}

func newPool(t testing.TB, o pool.Options) *pool.Pool {
	t.Helper()
	p := pool.New(o)
	t.Cleanup(func() { p.Close() })
	return p
}

func get(t testing.TB, p *pool.Pool, address string) *pool.Conn {
	t.Helper()
	c, err := p.Get(t.Context(), "tcp", address)
	must(t, err)
	return c
}

var errMixedUp = errors.New("the answer to another question")

// ask sends a line and reads it back.
func ask(c net.Conn, line string) error {
	if _, err := fmt.Fprintln(c, line); err != nil {
		return err
	}
	got, err := bufio.NewReader(c).ReadString('\n')
	if err == nil && got != line+"\n" {
		err = fmt.Errorf("%w: asked %q, got %q", errMixedUp, line, got)
	}
	return err
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits for what happens beside the test.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s within 20 s", what)
		}
	}
}

// closed waits until exactly these connections were closed, and for these reasons.
func closed(t testing.TB, p *pool.Pool, want map[pool.Reason]uint64) {
	t.Helper()
	var got map[pool.Reason]uint64
	defer func() {
		if t.Failed() {
			t.Logf("closed: %v, want %v", got, want)
		}
	}()
	eventually(t, fmt.Sprintf("closes %v", want), func() bool {
		got = p.Stats().Closed
		for r, n := range got {
			if n != want[r] {
				return false
			}
		}
		return true
	})
}

// refusing returns an address where nobody listens.
func refusing(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, ln.Close())
	return ln.Addr().String()
}
