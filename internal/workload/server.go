package workload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// acceptPause keeps a server that ran out of descriptors from spinning.
const acceptPause = 10 * time.Millisecond

// EchoOptions is how EchoServer behaves.
type EchoOptions struct {
	Addr       string        // address and port to listen on; port 0 for any. 0.0.0.0 is IPv4 only, [::] both
	ReuseAddr  bool          // SO_REUSEADDR; Go's own listeners always have it
	CloseFirst bool          // close after the first answer, so that TIME_WAIT stays here
	Think      time.Duration // before each answer
	Count      int           // end after so many connections have ended; 0 for never
}

// EchoServer answers each request with itself, and closes a connection when
// its peer has. When it ends it closes all connections, and then is the one
// that closes first. An error of bind or listen is also an event.
func EchoServer(ctx context.Context, o EchoOptions, out io.Writer) error {
	s := &server{meter: newMeter("echo-server", out), think: o.Think, closeFirst: o.CloseFirst, count: o.Count}
	return s.run(ctx, o.Addr, o.ReuseAddr)
}

// HoldServerOptions is how HoldServer behaves.
type HoldServerOptions struct {
	Addr      string // to listen on; port 0 for any
	ReuseAddr bool
}

// HoldServer answers like EchoServer, but never closes a connection whose peer
// has closed: each stays in CLOSE_WAIT until the program ends.
func HoldServer(ctx context.Context, o HoldServerOptions, out io.Writer) error {
	s := &server{meter: newMeter("hold-server", out), leak: true}
	return s.run(ctx, o.Addr, o.ReuseAddr)
}

type server struct {
	meter      *meter
	think      time.Duration
	closeFirst bool
	leak       bool
	count      int

	// mu guards conns, the connections that this program has not closed. They
	// are kept here because an unreachable net.Conn would be closed by the
	// garbage collector.
	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

func (s *server) run(ctx context.Context, addr string, reuse bool) error {
	l, err := listen(ctx, addr, reuse)
	if err != nil {
		return s.meter.failed(fmt.Errorf("listen: %w", err))
	}
	s.conns = map[net.Conn]struct{}{}
	s.meter.started(l.Addr(), nil)
	return s.meter.during(ctx, func(ctx context.Context) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		stop := context.AfterFunc(ctx, func() { _ = l.Close() })
		defer stop()
		var serving sync.WaitGroup
		s.accept(ctx, l, cancel, &serving)
		s.closeAll()
		serving.Wait()
		return nil
	})
}

// accept serves connections until ctx ends, which closes the listener.
func (s *server) accept(ctx context.Context, l net.Listener, cancel func(), serving *sync.WaitGroup) {
	ended := make(chan struct{})
	serving.Go(func() {
		for n := 0; s.count == 0 || n < s.count; n++ {
			select {
			case <-ctx.Done():
				return
			case <-ended:
			}
		}
		cancel()
	})
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) || ctx.Err() != nil {
			if err == nil {
				_ = c.Close()
			}
			return
		}
		if err != nil {
			_ = s.meter.failed(fmt.Errorf("accept: %w", err))
			time.Sleep(acceptPause)
			continue
		}
		s.mu.Lock()
		s.conns[c] = struct{}{}
		s.mu.Unlock()
		s.meter.count(func(c *Counts) { c.Opened++; c.Open++ })
		serving.Go(func() {
			s.serve(ctx, c)
			select {
			case ended <- struct{}{}:
			case <-ctx.Done():
			}
		})
	}
}

func (s *server) serve(ctx context.Context, c net.Conn) {
	request := make([]byte, len(Message))
	for {
		_, err := io.ReadFull(c, request)
		if err == nil {
			if !sleep(ctx, s.think) {
				return // closeAll closes it
			}
			_, err = c.Write(request)
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			s.meter.count(func(c *Counts) { c.Ended++ })
		case errors.Is(err, net.ErrClosed):
			return // by closeAll
		case err != nil:
			_ = s.meter.failed(fmt.Errorf("serve: %w", err))
		default:
			s.meter.count(func(c *Counts) { c.Answered++ })
			if !s.closeFirst {
				continue
			}
		}
		if !s.leak {
			s.close(c)
		}
		return
	}
}

func (s *server) close(c net.Conn) {
	s.mu.Lock()
	_, ours := s.conns[c]
	delete(s.conns, c)
	s.mu.Unlock()
	if !ours {
		return // closeAll was first
	}
	_ = c.Close()
	s.meter.count(func(c *Counts) { c.Open-- })
}

func (s *server) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Close()
	}
	s.meter.count(func(c *Counts) { c.Open -= uint64(len(s.conns)) })
	clear(s.conns)
}

// listen listens for plain TCP with SO_REUSEADDR as told. The net package sets
// it before it calls Control, which comes before bind(2). It would also make a
// dual-stack socket of 0.0.0.0 if it were not told tcp4.
func listen(ctx context.Context, addr string, reuse bool) (net.Listener, error) {
	at, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, err
	}
	network := "tcp"
	if at.Addr().Is4() {
		network = "tcp4"
	}
	config := net.ListenConfig{KeepAlive: -1, Control: reuseAddr(reuse)}
	config.SetMultipathTCP(false)
	return config.Listen(ctx, network, addr)
}

func reuseAddr(on bool) func(network, address string, c syscall.RawConn) error {
	value := 0
	if on {
		value = 1
	}
	return func(_, _ string, c syscall.RawConn) error {
		var err error
		if outer := c.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, value)
		}); outer != nil {
			return outer
		}
		return err
	}
}

// sleep waits, and reports whether the context has not ended.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
