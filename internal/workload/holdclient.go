package workload

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"time"
)

// HoldClientOptions is how HoldClient behaves.
type HoldClientOptions struct {
	Target  string
	From    netip.AddrPort // bound before connect(2) if valid; the port may be 0
	Options Options
	How     Closing       // at the end; empty for ByClose
	Every   time.Duration // at least between counts events, which come as counts change; 0 for none
}

// HoldClient opens one connection and keeps it open, whatever the peer does,
// until ctx ends. It returns at once if it cannot connect. Nothing is waited
// for at the end, not even with ByShutdown.
func HoldClient(ctx context.Context, o HoldClientOptions, out io.Writer) error {
	target, err := netip.ParseAddrPort(o.Target)
	if err != nil {
		return fmt.Errorf("target: %w", err)
	}
	m := newMeter("hold-client", out, o.Every)
	s, err := clientSocket(o.From, target, o.Options)
	if err != nil {
		return m.failed(err)
	}
	defer interrupt(ctx, s)() // else it waits as long as the kernel tries
	took, err := s.connect(target, true)
	if err != nil {
		_ = s.Close()
		return m.failed(err)
	}
	m.connected(s.local().Port(), took)
	m.started(s.local(), target)
	return m.during(ctx, func(ctx context.Context) error {
		<-ctx.Done()
		o.How.prepare(s)
		m.count(func(c *Counts) { c.Open-- })
		return s.Close()
	})
}
