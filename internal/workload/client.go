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

// Message is the request of all clients; servers read requests of this length.
const Message = "linger workload\n"

// failurePause keeps a client without a rate from spinning when all fails.
const failurePause = 10 * time.Millisecond

// ClientOptions is how ShortClient behaves.
type ClientOptions struct {
	Target      string        // address and port
	Rate        float64       // requests per second over all workers; 0 for as fast as they go
	Concurrency int           // workers; 0 for 1
	Hold        time.Duration // from the answer to the close
	KeepAlive   bool          // one connection per worker instead of one per request
	PeerCloses  bool          // wait until the server has closed before closing
	Count       int           // requests to try in all; 0 for no end
	Timeout     time.Duration // of connect, and of an answer; 0 for 5 s
}

// ShortClient sends requests, by default each over a connection of its own
// that it closes first. A failure is counted and does not end it. It binds no
// address, so that connect(2) chooses the port; the net package repeats a
// connect that fails with EADDRNOTAVAIL twice at once, and such a failure
// counts once here. The result is what it did.
func ShortClient(ctx context.Context, o ClientOptions, out io.Writer) (Counts, error) {
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Second
	}
	target, err := netip.ParseAddrPort(o.Target)
	if err != nil {
		return Counts{}, fmt.Errorf("target: %w", err)
	}
	m := newMeter("short-client", out)
	pace := &pacer{rate: o.Rate, count: o.Count}
	m.started(nil, net.TCPAddrFromAddrPort(target))
	err = m.during(ctx, func(ctx context.Context) error {
		var workers sync.WaitGroup
		for range max(o.Concurrency, 1) {
			workers.Go(func() {
				w := &worker{o: o, meter: m}
				defer w.drop()
				for pace.next(ctx) {
					w.try(ctx)
				}
			})
		}
		workers.Wait()
		return nil
	})
	return m.total(), err
}

// worker makes one request after the other.
type worker struct {
	o     ClientOptions
	meter *meter
	conn  net.Conn // nil if none is open
}

func (w *worker) try(ctx context.Context) {
	err := w.request(ctx)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		_ = w.meter.failed(err)
		w.drop()
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
	w.drop()
}

func (w *worker) request(ctx context.Context) error {
	if w.conn == nil {
		d := dialer()
		d.Timeout = w.o.Timeout
		conn, err := d.DialContext(ctx, "tcp", w.o.Target)
		if err != nil {
			return err
		}
		w.conn = conn
		w.meter.count(func(c *Counts) { c.Opened++; c.Open++ })
	}
	stop := context.AfterFunc(ctx, func() { _ = w.conn.SetDeadline(time.Now()) })
	defer stop()
	if err := w.conn.SetDeadline(time.Now().Add(w.o.Timeout)); err != nil {
		return err
	}
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
	conn := w.conn
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })
	defer stop()
	switch _, err := conn.Read(make([]byte, 1)); {
	case errors.Is(err, io.EOF):
		w.meter.count(func(c *Counts) { c.Ended++ })
	case err != nil && ctx.Err() == nil:
		_ = w.meter.failed(fmt.Errorf("wait for close: %w", err))
	}
}

// drop closes the connection if there is one.
func (w *worker) drop() {
	if w.conn == nil {
		return
	}
	_ = w.conn.Close()
	w.conn = nil
	w.meter.count(func(c *Counts) { c.Open-- })
}

// HoldClientOptions is how HoldClient behaves.
type HoldClientOptions struct {
	Target    string
	Local     netip.AddrPort // bound before connect(2) if its port or address is given
	ReuseAddr bool           // for Local
}

// HoldClient opens one connection and keeps it open, whatever the peer does,
// until ctx ends. It returns at once if it cannot connect.
func HoldClient(ctx context.Context, o HoldClientOptions, out io.Writer) error {
	m := newMeter("hold-client", out)
	d := dialer()
	if o.Local.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(o.Local)
		d.Control = reuseAddr(o.ReuseAddr)
	}
	conn, err := d.DialContext(ctx, "tcp", o.Target)
	if err != nil {
		return m.failed(err)
	}
	m.count(func(c *Counts) { c.Opened++; c.Open++ })
	m.started(conn.LocalAddr(), conn.RemoteAddr())
	return m.during(ctx, func(ctx context.Context) error {
		<-ctx.Done()
		m.count(func(c *Counts) { c.Open-- })
		return conn.Close()
	})
}

// dialer returns one for plain TCP without keepalive probes.
func dialer() *net.Dialer {
	d := &net.Dialer{KeepAlive: -1}
	d.SetMultipathTCP(false)
	return d
}
