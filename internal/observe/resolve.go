package observe

import (
	"context"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe/owner"
	"github.com/linger-dev/linger/internal/observe/sockdiag"
	"github.com/linger-dev/linger/internal/tcp"
)

// Wanted chooses the tallies whose owners are needed.
type Wanted func(namespace string, k evidence.Key) bool

// Resolve looks up who holds the sockets of the wanted tallies, and all
// listeners, in one pass over /proc, and writes it into the snapshot, which
// must be the last one that Look returned. Where that names nobody for a
// wanted destination, it lies in wait for a connection for a moment: the short
// ones that fill a host with TIME_WAIT are rarely open in the instant of a
// dump, and closed before /proc has been read.
func (o *Observer) Resolve(ctx context.Context, snap *evidence.Snapshot, want Wanted) error {
	inodes := make(map[uint64]struct{})
	for i := range snap.Namespaces {
		ns := &snap.Namespaces[i]
		for _, l := range ns.Listeners {
			inodes[l.Inode] = struct{}{}
		}
		maps.Copy(inodes, o.byID(ns.ID).folder.Inodes(func(t *evidence.Tally) bool { return want(ns.Name, t.Key) }))
	}
	found, err := owner.Find(ctx, procRoot, inodes)
	if err != nil {
		return err
	}
	snap.Owners = found.Owners
	snap.Gaps = append(snap.Gaps, found.Gaps...)
	for i := range snap.Namespaces {
		o.byID(snap.Namespaces[i].ID).attribute(&snap.Namespaces[i], want, found)
	}
	if err := o.lieInWait(ctx, snap, want); err != nil {
		return err
	}
	o.recall(snap, want)
	return nil
}

func (o *Observer) byID(id uint64) *watched {
	i := slices.IndexFunc(o.namespaces, func(w *watched) bool { return w.ns.ID == id })
	return o.namespaces[i]
}

// How long Resolve lies in wait, and how long it rests between two tries.
const (
	waitFor  = 400 * time.Millisecond
	waitRest = 3 * time.Millisecond
)

// nameless reports whether nobody is known to open connections of the tally.
func nameless(ns *evidence.Namespace, t *evidence.Tally, want Wanted) bool {
	return t.Direction == evidence.Outbound && !t.Others() && want(ns.Name, t.Key) && len(ns.MakerOf(t).PIDs) == 0
}

func (o *Observer) lieInWait(ctx context.Context, snap *evidence.Snapshot, want Wanted) error {
	for deadline := time.Now().Add(waitFor); time.Now().Before(deadline) && ctx.Err() == nil; time.Sleep(waitRest) {
		left := 0
		for i := range snap.Namespaces {
			ns := &snap.Namespaces[i]
			for j := range ns.Tallies {
				t := &ns.Tallies[j]
				if !nameless(ns, t, want) {
					continue
				}
				left++
				if err := o.byID(ns.ID).catch(ctx, snap, t); err != nil {
					return err
				}
			}
		}
		if left == 0 {
			break
		}
	}
	return ctx.Err()
}

// catch names the process of a connection of the tally if one is open now and
// until /proc has been read.
func (w *watched) catch(ctx context.Context, snap *evidence.Snapshot, t *evidence.Tally) error {
	seen := make(map[uint64]struct{})
	req := sockdiag.Request{
		States:     connections &^ tcp.States(tcp.TimeWait),
		RemotePort: sockdiag.Port(t.Port),
		Remote:     netip.PrefixFrom(t.Dst, t.Dst.BitLen()),
	}
	_, err := w.client.Dump(ctx, req, func(s *evidence.Socket) error {
		if s.Inode != 0 {
			seen[s.Inode] = struct{}{}
		}
		return nil
	}, func() { clear(seen) })
	if err != nil || len(seen) == 0 {
		return err
	}
	found, err := owner.Find(ctx, procRoot, seen)
	if err != nil {
		return err
	}
	for _, pids := range found.PIDs {
		h := evidence.Holding{PIDs: pids, Later: true}
		h.States[tcp.Established] = 1
		t.Holders = append(t.Holders, h)
	}
	addOwners(snap, found.Owners)
	return nil
}

// attribute writes the holders that were found into the namespace.
func (w *watched) attribute(ns *evidence.Namespace, want Wanted, found owner.Holders) {
	for i := range ns.Listeners {
		ns.Listeners[i].PIDs = found.PIDs[ns.Listeners[i].Inode]
	}
	for i := range ns.Tallies {
		if t := &ns.Tallies[i]; want(ns.Name, t.Key) {
			t.Holders = w.folder.Holders(t.Key, found.PIDs)
		}
	}
}

// recall adds whom an earlier look saw where this one names nobody, and
// remembers what this one saw.
func (o *Observer) recall(snap *evidence.Snapshot, want Wanted) {
	for i := range snap.Namespaces {
		ns, w := &snap.Namespaces[i], o.byID(snap.Namespaces[i].ID)
		for j := range ns.Tallies {
			t := &ns.Tallies[j]
			switch {
			case !want(ns.Name, t.Key):
			case !nameless(ns, t, want):
				w.remember(t)
			default:
				for _, h := range w.earlier[t.Key] {
					h.Earlier, h.Later = true, false
					t.Holders = append(t.Holders, h)
				}
			}
		}
	}
	o.describeEarlier(snap)
}

// maxEarlier bounds what is remembered of each namespace.
const maxEarlier = 1024

func (w *watched) remember(t *evidence.Tally) {
	if len(w.earlier) >= maxEarlier {
		clear(w.earlier)
	}
	w.earlier[t.Key] = t.Holders
}

func addOwners(snap *evidence.Snapshot, owners []evidence.Owner) {
	for _, o := range owners {
		if snap.Owner(o.PID) == nil {
			snap.Owners = append(snap.Owners, o)
		}
	}
}

// describeEarlier adds the processes that only an earlier look saw, as far as
// they still live.
func (o *Observer) describeEarlier(snap *evidence.Snapshot) {
	for i := range snap.Namespaces {
		for _, t := range snap.Namespaces[i].Tallies {
			for _, h := range t.Holders {
				for _, pid := range h.PIDs {
					if snap.Owner(pid) != nil {
						continue
					}
					if described, err := owner.Describe(procRoot, pid); err == nil {
						addOwners(snap, []evidence.Owner{described})
					}
				}
			}
		}
	}
	slices.SortFunc(snap.Owners, func(a, b evidence.Owner) int { return a.PID - b.PID })
}
