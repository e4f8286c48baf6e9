package lab

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/observe/sockdiag"
	"github.com/linger-dev/linger/internal/observe/sysctl"
	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/tcp"
)

// kernelHost is a host of a play with a kernel: a network namespace, and the
// laboratory's eyes in it.
type kernelHost struct {
	*netlab.Host
	start evidence.Counters // when the play began
	slab  int64             // then, in bytes; 0 if nobody wants to know

	mu   sync.Mutex // guards diag, which speaks with one caller at a time
	diag *sockdiag.Client
}

func newKernelHost(w *netlab.World, name string) (*kernelHost, error) {
	host, err := w.Host(name)
	if err != nil {
		return nil, err
	}
	h := &kernelHost{Host: host}
	if err := host.Do(func() (err error) { h.diag, err = sockdiag.Open(); return err }); err != nil {
		return nil, fmt.Errorf("look into host %s: %w", name, err)
	}
	return h, nil
}

func (h *kernelHost) close() { _ = h.diag.Close() }

// remember takes the values that later ones are compared with.
func (h *kernelHost) remember(slab int64) (err error) {
	h.slab = slab
	h.start, err = h.counters()
	return err
}

func (h *kernelHost) counters() (c evidence.Counters, err error) {
	err = h.Do(func() error {
		c, _ = sysctl.Counters("/proc")
		return nil
	})
	return c, err
}

// sockets calls each for the TCP sockets of the host in these states.
func (h *kernelHost) sockets(ctx context.Context, states tcp.StateSet, each func(*evidence.Socket)) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := h.diag.Dump(ctx, sockdiag.Request{States: states}, func(s *evidence.Socket) error {
		each(s)
		return nil
	}, nil)
	return err
}

// census is what was counted on a host at one moment.
type census struct {
	byState  [tcp.NumStates]int64
	left     scenario.DurationRange // of the TIME_WAIT sockets
	timeWait int64
}

// count counts the sockets with this port at either end; 0 counts all.
func (h *kernelHost) count(ctx context.Context, port uint16) (census, error) {
	c := census{left: scenario.DurationRange{Low: time.Hour}}
	err := h.sockets(ctx, tcp.AllStates, func(s *evidence.Socket) {
		if port != 0 && s.SrcPort != port && s.DstPort != port {
			return
		}
		c.byState[s.State]++
		if s.State == tcp.TimeWait {
			c.timeWait++
			left := time.Duration(s.Expires) * time.Millisecond
			c.left.Low, c.left.High = min(c.left.Low, left), max(c.left.High, left)
		}
	})
	return c, err
}
