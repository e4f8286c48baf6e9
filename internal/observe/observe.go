// Package observe takes one live look at this kernel: it composes the socket
// dump, the settings, the counters and the owners into a snapshot. It reads
// and never changes anything.
package observe

import (
	"context"
	"os"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/netns"
	"github.com/linger-dev/linger/internal/observe/sysctl"
)

// Options decide what a look looks at.
type Options struct {
	// Selector chooses network namespaces: "" for linger's own, a name, a
	// PID, or "all".
	Selector string
	// Owners remembers live sockets, so that Resolve can name who holds them.
	Owners bool
	// Deep also finds the ports bound by programs and the age of CLOSE_WAIT
	// sockets, for the sake of judgement. It implies Owners.
	Deep bool
	// Settle is the least time between the two readings of the kernel's
	// counters; 0 takes no second reading.
	Settle time.Duration
	// Ledger tells who made the sockets that nobody holds; nil if nobody knows.
	Ledger Ledger
	// Gaps is what the caller knows not to be seen; every snapshot says it.
	Gaps []evidence.Gap
}

// Observer looks at the same namespaces again and again. It is for one
// goroutine at a time.
type Observer struct {
	opts       Options
	namespaces []*watched
	gaps       []evidence.Gap // found when the namespaces were chosen
}

// Open chooses the namespaces to look at. A namespace that is made later is
// not looked at.
func Open(opts Options) (*Observer, error) {
	spaces, problems, err := netns.Select(opts.Selector)
	if err != nil {
		return nil, err
	}
	o := &Observer{opts: opts, gaps: slices.Clone(opts.Gaps)}
	for _, problem := range problems {
		gap := evidence.Gap{What: problem.Error(), Loses: "nothing is known about the sockets of such a namespace"}
		if os.Geteuid() != 0 {
			gap.Hint = "sudo linger --netns " + opts.Selector
		}
		o.gaps = append(o.gaps, gap)
	}
	o.watch(spaces)
	return o, nil
}

// OpenNamespaces looks at the given namespaces instead of selecting some, and
// closes them when it is closed.
func OpenNamespaces(opts Options, spaces ...*netns.Namespace) *Observer {
	o := &Observer{opts: opts}
	o.watch(spaces)
	return o
}

func (o *Observer) watch(spaces []*netns.Namespace) {
	for _, ns := range spaces {
		o.namespaces = append(o.namespaces, &watched{ns: ns, earlier: make(map[evidence.Key]sighting)})
	}
}

// Close releases the namespaces.
func (o *Observer) Close() {
	for _, w := range o.namespaces {
		w.close()
	}
}

// Look takes a snapshot. A namespace that cannot be dumped becomes a gap as
// long as another one can.
func (o *Observer) Look(ctx context.Context) (*evidence.Snapshot, error) {
	start := time.Now()
	snap := &evidence.Snapshot{Host: host(), Gaps: append([]evidence.Gap(nil), o.gaps...)}
	if o.opts.Deep {
		snap.Gaps = append(snap.Gaps, blindSpots(snap.Host.Kernel)...)
	}
	var failure error
	for _, w := range o.namespaces {
		ns, gaps, err := w.look(ctx, o.opts, snap.Host.Kernel)
		snap.Gaps = append(snap.Gaps, gaps...)
		if err != nil {
			failure = err
			snap.Gaps = append(snap.Gaps, evidence.Gap{What: err.Error(), Loses: "nothing is known about the sockets of namespace " + w.ns.Name})
			continue
		}
		snap.Namespaces = append(snap.Namespaces, ns)
	}
	if len(snap.Namespaces) == 0 && failure != nil {
		return nil, failure
	}
	if o.opts.Ledger != nil {
		traced, err := o.opts.Ledger.Traced()
		if err != nil {
			return nil, err
		}
		snap.Traced = &traced
		o.nameMakers(snap)
	}
	snap.Took, snap.Taken = time.Since(start), time.Now()
	return snap, ctx.Err()
}

func host() evidence.Host {
	h := evidence.Host{HZ: sysctl.HZ(), Root: os.Geteuid() == 0, Source: "live"}
	h.Name, _ = os.Hostname()
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		h.Kernel = evidence.Kernel(unix.ByteSliceToString(u.Release[:]))
	}
	if h.Kernel.AtLeast(4, 8) { // the wheel that Granularity describes
		h.Tail = h.Granularity(evidence.TimeWaitLen)
	}
	if runtime.GOOS != "linux" {
		h.Source = "unsupported"
	}
	return h
}
