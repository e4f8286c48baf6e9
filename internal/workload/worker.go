package workload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"
)

// worker makes one request after the other.
type worker struct {
	o      ClientOptions
	target netip.AddrPort
	meter  *meter
	ask    func(*worker, context.Context) error
	conn   *socket // nil if none is open
}

func (w *worker) try(ctx context.Context) {
	err := w.request(ctx)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		_ = w.meter.failed(err)
		w.drop(ctx)
		if w.o.Rate == 0 {
			sleep(ctx, failurePause)
		}
		return
	}
	w.meter.count(func(c *Counts) { c.Answered++ })
	sleep(ctx, w.o.Hold)
	if w.o.KeepAlive {
		return
	}
	if w.o.PeerCloses {
		w.awaitClose(ctx)
	}
	w.drop(ctx)
}

func (w *worker) request(ctx context.Context) error {
	if w.conn == nil {
		if err := w.open(ctx); err != nil {
			return err
		}
	}
	defer interrupt(ctx, w.conn)()
	return w.ask(w, ctx)
}

// open connects.
func (w *worker) open(ctx context.Context) error {
	s, err := clientSocket(w.o.From, w.target, w.o.Options)
	if err != nil {
		return err
	}
	defer interrupt(ctx, s)()
	allow(ctx, s, w.o.Timeout)
	took, err := s.connect(w.target, true)
	if err != nil {
		_ = s.Close()
		return err
	}
	w.conn = s
	w.meter.connected(s.local().Port(), took)
	return nil
}

// clientSocket makes a socket that is bound to from if that is valid.
func clientSocket(from, target netip.AddrPort, o Options) (*socket, error) {
	s, err := newSocket(target.Addr(), o)
	if err != nil || !from.IsValid() {
		return s, err
	}
	if err := s.bind(from); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func (w *worker) askEcho(ctx context.Context) error {
	allow(ctx, w.conn, w.o.Timeout)
	if _, err := io.WriteString(w.conn, Message); err != nil {
		return err
	}
	answer := make([]byte, len(Message))
	if _, err := io.ReadFull(w.conn, answer); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	return nil
}

// awaitClose reads until the peer's FIN.
func (w *worker) awaitClose(ctx context.Context) {
	defer interrupt(ctx, w.conn)()
	allow(ctx, w.conn, w.o.Timeout)
	switch _, err := w.conn.Read(make([]byte, 1)); {
	case errors.Is(err, io.EOF):
		w.meter.count(func(c *Counts) { c.Ended++ })
	case err != nil && ctx.Err() == nil:
		_ = w.meter.failed(fmt.Errorf("wait for close: %w", err))
	}
}

// drop closes the connection if there is one.
func (w *worker) drop(ctx context.Context) {
	if w.conn == nil {
		return
	}
	w.o.How.prepare(w.conn)
	if w.o.How == ByShutdown && !w.o.PeerCloses {
		w.awaitClose(ctx)
	}
	_ = w.conn.Close()
	w.conn = nil
	w.meter.count(func(c *Counts) { c.Open-- })
}

// allow gives the calls on a socket so much time, and none if ctx has ended.
func allow(ctx context.Context, s *socket, d time.Duration) {
	_ = s.SetDeadline(time.Now().Add(d))
	if ctx.Err() != nil {
		_ = s.SetDeadline(time.Now())
	}
}

// interrupt ends waiting calls on a socket when ctx ends, until the returned
// function is called.
func interrupt(ctx context.Context, s *socket) (stop func() bool) {
	return context.AfterFunc(ctx, func() { _ = s.SetDeadline(time.Now()) })
}
