package observe

import (
	"context"
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
// must be the last one that Look returned. Where nobody holds a live
// connection to a wanted destination just then, it watches for one for a
// moment, because the short connections that fill a host with TIME_WAIT are
// rarely open in the instant of a dump.
func (o *Observer) Resolve(ctx context.Context, snap *evidence.Snapshot, want Wanted) error {
	inodes := make(map[uint64]struct{})
	passing := make([]map[evidence.Key]map[uint64]struct{}, len(snap.Namespaces))
	for i := range snap.Namespaces {
		ns, w := &snap.Namespaces[i], o.byID(snap.Namespaces[i].ID)
		for _, l := range ns.Listeners {
			inodes[l.Inode] = struct{}{}
		}
		for inode := range w.folder.Inodes(func(t *evidence.Tally) bool { return want(ns.Name, t.Key) }) {
			inodes[inode] = struct{}{}
		}
		passing[i] = make(map[evidence.Key]map[uint64]struct{})
		for j := range ns.Tallies {
			t := &ns.Tallies[j]
			if !want(ns.Name, t.Key) || t.Direction != evidence.Outbound || t.Others() || t.States.Live() > 0 {
				continue
			}
			seen := w.glimpse(ctx, t.Key)
			passing[i][t.Key] = seen
			for inode := range seen {
				inodes[inode] = struct{}{}
			}
		}
	}
	found, err := owner.Find(ctx, procRoot, inodes)
	if err != nil {
		return err
	}
	snap.Owners = found.Owners
	snap.Gaps = append(snap.Gaps, found.Gaps...)
	for i := range snap.Namespaces {
		o.byID(snap.Namespaces[i].ID).attribute(&snap.Namespaces[i], want, passing[i], found)
	}
	o.describeEarlier(snap)
	return nil
}

func (o *Observer) byID(id uint64) *watched {
	i := slices.IndexFunc(o.namespaces, func(w *watched) bool { return w.ns.ID == id })
	return o.namespaces[i]
}

const (
	glimpses    = 25
	glimpseRest = 8 * time.Millisecond
)

// glimpse dumps the live connections of one group again and again until it
// sees one, and returns their inodes.
func (w *watched) glimpse(ctx context.Context, k evidence.Key) map[uint64]struct{} {
	seen := make(map[uint64]struct{})
	req := sockdiag.Request{
		States:     connections &^ tcp.States(tcp.TimeWait),
		RemotePort: sockdiag.Port(k.Port),
		Remote:     netip.PrefixFrom(k.Dst, k.Dst.BitLen()),
	}
	for range glimpses {
		_, err := w.client.Dump(ctx, req, func(s *evidence.Socket) error {
			if s.Inode != 0 {
				seen[s.Inode] = struct{}{}
			}
			return nil
		}, func() {})
		if err != nil || len(seen) > 0 || ctx.Err() != nil {
			break
		}
		time.Sleep(glimpseRest)
	}
	return seen
}

// attribute writes the holders that were found into the namespace, and
// remembers them for later looks.
func (w *watched) attribute(ns *evidence.Namespace, want Wanted, passing map[evidence.Key]map[uint64]struct{}, found owner.Holders) {
	for i := range ns.Listeners {
		ns.Listeners[i].PIDs = found.PIDs[ns.Listeners[i].Inode]
	}
	for i := range ns.Tallies {
		t := &ns.Tallies[i]
		if !want(ns.Name, t.Key) {
			continue
		}
		t.Holders = w.folder.Holders(t.Key, found.PIDs)
		for inode := range passing[t.Key] {
			if pids := found.PIDs[inode]; pids != nil {
				h := evidence.Holding{PIDs: pids}
				h.States[tcp.Established] = 1
				h.Earlier = true // it was not open when the dump was taken
				t.Holders = append(t.Holders, h)
			}
		}
		if slices.ContainsFunc(t.Holders, func(h evidence.Holding) bool { return len(h.PIDs) > 0 }) {
			w.earlier[t.Key] = t.Holders
			continue
		}
		for _, h := range w.earlier[t.Key] {
			h.Earlier = true
			t.Holders = append(t.Holders, h)
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
						snap.Owners = append(snap.Owners, described)
					}
				}
			}
		}
	}
	slices.SortFunc(snap.Owners, func(a, b evidence.Owner) int { return a.PID - b.PID })
}
