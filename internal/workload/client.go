package workload

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"sync"
	"time"
)

// Message is the request of all clients but the file client; servers read
// requests of this length.
const Message = "linger workload\n"

// failurePause keeps a client without a rate from spinning when all fails.
const failurePause = 10 * time.Millisecond

// patience is the timeout where none is given.
const patience = 5 * time.Second

// ClientOptions is how ShortClient and FileClient behave.
type ClientOptions struct {
	Target      string         // address and port
	From        netip.AddrPort // bound before connect(2) if valid; the port may be 0
	Options     Options
	Rate        float64       // requests per second over all workers; 0 for as fast as they go
	Concurrency int           // workers; 0 for 1
	Hold        time.Duration // from the answer to the close
	KeepAlive   bool          // ShortClient: one connection per worker instead of one per request
	PeerCloses  bool          // wait until the server has closed before closing
	How         Closing       // empty for ByClose
	Count       int           // requests to try in all; 0 for no end
	Timeout     time.Duration // of connect, of an answer, and between two pieces of a file; 0 for 5 s
	Bytes       int64         // FileClient: size of the file
	Split       int           // compare the time in connect(2) up to this connection and after it; 0: not
	Every       time.Duration // at least between counts events, which come as counts change; 0 for none
}

// ShortClient sends requests, by default each over a connection of its own
// that it closes first. A failure is counted and does not end it. The result
// is what it did.
func ShortClient(ctx context.Context, o ClientOptions, out io.Writer) (Counts, error) {
	return runClient(ctx, "short-client", o, out, (*worker).askEcho)
}

// FileClient asks for files, each over a connection of its own, and compares
// each byte that comes with what the server must have sent. A file counts as
// answered when it is complete; one with a wrong byte is a failure.
func FileClient(ctx context.Context, o ClientOptions, out io.Writer) (Counts, error) {
	o.KeepAlive = false
	file := newPattern()
	return runClient(ctx, "file-client", o, out, func(w *worker, ctx context.Context) error {
		return w.askFile(ctx, file)
	})
}

func runClient(ctx context.Context, name string, o ClientOptions, out io.Writer, ask func(*worker, context.Context) error) (Counts, error) {
	target, err := netip.ParseAddrPort(o.Target)
	if err != nil {
		return Counts{}, fmt.Errorf("target: %w", err)
	}
	if o.Timeout == 0 {
		o.Timeout = patience
	}
	m := newMeter(name, out, o.Every)
	if o.Split > 0 {
		m.split = &split{at: uint64(o.Split)}
	}
	pace := &pacer{rate: o.Rate, count: o.Count}
	m.started(netip.AddrPort{}, target)
	err = m.during(ctx, func(ctx context.Context) error {
		var workers sync.WaitGroup
		for range max(o.Concurrency, 1) {
			workers.Go(func() {
				w := &worker{o: o, target: target, meter: m, ask: ask}
				defer w.drop(ctx)
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
