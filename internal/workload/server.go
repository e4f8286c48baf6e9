package workload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// acceptPause keeps a server that ran out of descriptors from spinning.
const acceptPause = 10 * time.Millisecond

// halfClosedWait is how long a server that closes by shutdown waits for the
// peer's end.
const halfClosedWait = time.Minute

// ServerOptions is what all servers can be told.
type ServerOptions struct {
	Addr    string // address and port to listen on; port 0 for any. 0.0.0.0 is IPv4 only, [::] both
	Options Options
	How     Closing       // how connections are closed; empty for ByClose
	Count   int           // end after so many connections have been served; 0 for never
	Every   time.Duration // at least between counts events, which come as counts change; 0 for none
}

// server accepts connections. How each is served is what talk says.
type server struct {
	o     ServerOptions
	meter *meter
	leak  bool // leave connections open after their service
	talk  func(context.Context, *net.TCPConn) error

	// mu guards conns, the connections that this program has not closed. They
	// are kept here because an unreachable net.Conn would be closed by the
	// garbage collector.
	mu    sync.Mutex
	conns map[*net.TCPConn]struct{}
}

func newServer(name string, o ServerOptions, out io.Writer) *server {
	return &server{o: o, meter: newMeter(name, out, o.Every), conns: map[*net.TCPConn]struct{}{}}
}

// run serves until ctx ends, and then closes what is open. An error of bind or
// listen is also an event. The error of talk is counted: the peer's end, or a
// failure.
func (s *server) run(ctx context.Context, talk func(context.Context, *net.TCPConn) error) error {
	s.talk = talk
	l, err := listen(ctx, s.o.Addr, s.o.Options)
	if err != nil {
		return s.meter.failed(fmt.Errorf("listen: %w", err))
	}
	s.meter.started(addrPort(l.Addr()), netip.AddrPort{})
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
func (s *server) accept(ctx context.Context, l *net.TCPListener, cancel func(), serving *sync.WaitGroup) {
	ended := make(chan struct{})
	serving.Go(func() {
		for n := 0; s.o.Count == 0 || n < s.o.Count; n++ {
			select {
			case <-ctx.Done():
				return
			case <-ended:
			}
		}
		cancel()
	})
	for {
		c, err := acceptAs(s.o.Options.UID, l)
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

// serve serves one connection and closes it.
func (s *server) serve(ctx context.Context, c *net.TCPConn) {
	err := s.talk(ctx, c)
	ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	switch {
	case ended:
		s.meter.count(func(c *Counts) { c.Ended++ })
	case errors.Is(err, net.ErrClosed):
		return // by closeAll
	case err != nil:
		_ = s.meter.failed(fmt.Errorf("serve: %w", err))
	}
	if s.leak {
		return
	}
	s.o.How.prepare(c)
	if s.o.How == ByShutdown && err == nil {
		_ = c.SetReadDeadline(time.Now().Add(halfClosedWait))
		if _, err := io.Copy(io.Discard, c); err == nil {
			s.meter.count(func(c *Counts) { c.Ended++ })
		}
	}
	s.close(c)
}

func (s *server) close(c *net.TCPConn) {
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
		s.o.How.prepare(c)
		_ = c.Close()
	}
	s.meter.count(func(c *Counts) { c.Open -= uint64(len(s.conns)) })
	clear(s.conns)
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
