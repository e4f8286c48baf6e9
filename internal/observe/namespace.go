package observe

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/netns"
	"github.com/linger-dev/linger/internal/observe/sockdiag"
	"github.com/linger-dev/linger/internal/observe/sysctl"
	"github.com/linger-dev/linger/internal/tally"
	"github.com/linger-dev/linger/internal/tcp"
)

// watched is one namespace that is looked at again and again.
type watched struct {
	ns      *netns.Namespace
	client  *sockdiag.Client
	second  *sockdiag.Client          // for the other half of a large dump
	large   bool                      // the dump of this look is large
	folder  *tally.Folder             // of the last look
	earlier map[evidence.Key]sighting // whom earlier looks saw
	makers  *makers                   // of the last look; nil without a ledger
}

func (w *watched) close() {
	for _, c := range []*sockdiag.Client{w.client, w.second} {
		if c != nil {
			c.Close()
		}
	}
	w.ns.Close()
}

const procRoot = "/proc"

// look takes all evidence of the namespace. Counters are read first and last,
// so that their growth spans the dump.
func (w *watched) look(ctx context.Context, opts Options, kernel evidence.Kernel) (evidence.Namespace, []evidence.Gap, error) {
	ns := evidence.Namespace{ID: w.ns.ID, Name: w.ns.Name}
	var gaps, more []evidence.Gap
	var before evidence.Counters
	start := time.Now()
	err := w.ns.Do(func() (err error) {
		ns.Settings, gaps = sysctl.Read(procRoot)
		before, more = sysctl.Counters(procRoot)
		if w.client == nil {
			if w.client, err = sockdiag.Open(); err != nil {
				return err
			}
		}
		if w.large = many(&before); w.large && w.second == nil {
			w.second, err = sockdiag.Open()
		}
		return err
	})
	gaps = append(gaps, more...)
	if err != nil {
		return ns, gaps, fmt.Errorf("look at namespace %s: %w", w.ns.Name, err)
	}
	if err := w.dump(ctx, &ns, opts, kernel); err != nil {
		return ns, gaps, fmt.Errorf("look at namespace %s: %w", w.ns.Name, err)
	}
	gaps = append(gaps, ns.Dump.Gaps(ns.Name)...)
	ns.Counters = before
	if opts.Settle > 0 {
		if rest := opts.Settle - time.Since(start); rest > 0 {
			select {
			case <-time.After(rest):
			case <-ctx.Done():
				return ns, gaps, ctx.Err()
			}
		}
		err = w.ns.Do(func() error {
			after, _ := sysctl.Counters(procRoot)
			ns.Counters = sysctl.Growth(before, after, time.Since(start))
			return nil
		})
	}
	return ns, gaps, err
}

// blindSpots lists what a dump cannot show on this kernel, whoever asks.
func blindSpots(kernel evidence.Kernel) []evidence.Gap {
	gaps := []evidence.Gap{{
		What:  "the kernel does not say which TIME_WAIT sockets had their port bound by the program, nor which live ones called bind() with port 0",
		Loses: "such ports count as free toward other destinations, though automatic connect() skips them",
	}}
	if !kernel.AtLeast(6, 8) {
		gaps = append(gaps, evidence.Gap{
			What:  "kernels before 6.8 do not list sockets that are bound but neither listening nor connected",
			Loses: "their ports count as free, though automatic connect() skips them",
		})
	}
	return gaps
}

// connections are the states that are folded; listeners are dumped first.
const connections = tcp.AllStates &^ (1 << tcp.Listen)

func (w *watched) dump(ctx context.Context, ns *evidence.Namespace, opts Options, kernel evidence.Kernel) error {
	_, err := w.client.Dump(ctx, sockdiag.Request{States: tcp.States(tcp.Listen)}, func(s *evidence.Socket) error {
		ns.Listeners = append(ns.Listeners, listener(s))
		return nil
	}, func() { ns.Listeners = nil })
	if err != nil {
		return err
	}
	folding := tally.Options{Listeners: ns.Listeners, Settings: &ns.Settings}
	states := connections
	if opts.Deep || opts.Owners {
		folding.MaxInodes = tally.DefaultMaxInodes
	}
	if opts.Deep && kernel.AtLeast(6, 8) { // TCPF_BOUND_INACTIVE; inet_diag_dump_icsk
		states |= tcp.States(tcp.BoundInactive)
	}
	if w.makers = newMakers(opts.Ledger); w.makers != nil {
		folding.Maker = w.makers.of
	}
	w.folder = tally.New(folding)
	stats, err := w.fold(ctx, sockdiag.Request{States: states}, &ns.Settings)
	if err != nil {
		return err
	}
	if w.makers != nil {
		if err := w.settle(ctx, ns); err != nil {
			return err
		}
	}
	if opts.Deep {
		if err := w.deepen(ctx); err != nil {
			return err
		}
	}
	w.folder.Fill(ns)
	ns.Dump.Took, ns.Dump.Torn, ns.Dump.Approximate = stats.Took, stats.Torn, stats.Approximate
	return nil
}

// many reports whether a dump is so large that a second processor is worth
// asking: below, the whole look takes a few hundredths of a second.
func many(c *evidence.Counters) bool {
	const large = 100_000
	return runtime.NumCPU() > 1 && c.Sockstat["TCP.tw"]+c.Sockstat["TCP.inuse"]+c.Sockstat["TCP6.inuse"] >= large
}

// fold folds the dump of req, in two halves if it is large.
func (w *watched) fold(ctx context.Context, req sockdiag.Request, settings *evidence.Settings) (sockdiag.Stats, error) {
	add := func(s *evidence.Socket) error {
		w.folder.Add(s)
		return nil
	}
	span, known := settings.PortRange()
	if !w.large || !known || span.Len() < 2 {
		return w.client.Dump(ctx, req, add, w.folder.Reset)
	}
	middle := span.Low + (span.High-span.Low)/2
	return sockdiag.DumpHalves(ctx, w.client, w.second, req, middle, add, w.folder.Reset)
}

// deepen asks what the first dump does not carry: which live connections
// chose their own port, and when the peers of CLOSE_WAIT sockets fell silent.
func (w *watched) deepen(ctx context.Context) error {
	nothing := func() {}
	explicit := sockdiag.Request{States: connections &^ tcp.States(tcp.TimeWait, tcp.SynRecv, tcp.NewSynRecv), Explicit: true}
	_, err := w.client.Dump(ctx, explicit, func(s *evidence.Socket) error {
		w.folder.AddExplicit(s)
		return nil
	}, nothing)
	if err != nil {
		return err
	}
	silent := sockdiag.Request{States: tcp.States(tcp.CloseWait), Info: true}
	_, err = w.client.Dump(ctx, silent, func(s *evidence.Socket) error {
		w.folder.AddInfo(s)
		return nil
	}, nothing)
	return err
}

func listener(s *evidence.Socket) evidence.Listener {
	return evidence.Listener{
		Addr: s.Src.Netip(), Port: s.SrcPort, V6: s.V6, V6Only: s.V6Only,
		Inode: s.Inode, UID: s.UID, Queue: s.RQueue, Backlog: s.WQueue,
	}
}
