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
	replaceOwners(snap, found.Owners)
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
	deadline := time.Now().Add(waitFor)
	over := func() bool { return ctx.Err() != nil || !time.Now().Before(deadline) }
	for !over() {
		left, err := o.round(ctx, snap, want, over)
		if err != nil {
			return err
		}
		if left == 0 {
			break
		}
		time.Sleep(waitRest)
	}
	return ctx.Err()
}

// round tries to catch a connection of each nameless tally, the largest first,
// until its time is over: with thousands of them a round takes many seconds.
// It returns how many it tried.
func (o *Observer) round(ctx context.Context, snap *evidence.Snapshot, want Wanted, over func() bool) (tried int, err error) {
	for i := range snap.Namespaces {
		ns := &snap.Namespaces[i]
		for j := range ns.Tallies {
			t := &ns.Tallies[j]
			if !nameless(ns, t, want) {
				continue
			}
			if over() {
				return tried, nil
			}
			tried++
			if err := o.byID(ns.ID).catch(ctx, snap, t); err != nil {
				return tried, err
			}
		}
	}
	return tried, nil
}

// catch names the process of a connection of the tally if one is open now and
// until /proc has been read.
func (w *watched) catch(ctx context.Context, snap *evidence.Snapshot, t *evidence.Tally) error {
	seen := make(map[uint64]struct{})
	req := sockdiag.Request{
		States:     connections &^ tcp.States(tcp.TimeWait),
		RemotePort: sockdiag.Port(t.Port),
		Local:      netip.PrefixFrom(t.Src, t.Src.BitLen()),
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
				w.remember(snap, t)
			default:
				w.earlier[t.Key].addTo(snap, t)
			}
		}
	}
	slices.SortFunc(snap.Owners, func(a, b evidence.Owner) int { return a.PID - b.PID })
}

// sighting is who held the sockets of a tally at some look.
type sighting struct {
	when    time.Time
	holders []evidence.Holding
	owners  []evidence.Owner
}

// sightingLasts is for how long a sighting says who made the sockets that
// linger now: as long as those live, the timer wheel's delay included.
const sightingLasts = 2 * evidence.TimeWaitLen

// maxEarlier bounds what is remembered of each namespace.
const maxEarlier = 1024

func (w *watched) remember(snap *evidence.Snapshot, t *evidence.Tally) {
	if len(w.earlier) >= maxEarlier {
		clear(w.earlier)
	}
	saw := sighting{when: snap.Taken, holders: t.Holders}
	for _, h := range t.Holders {
		for _, pid := range h.PIDs {
			if o := snap.Owner(pid); o != nil {
				saw.owners = append(saw.owners, *o)
			}
		}
	}
	w.earlier[t.Key] = saw
}

// addTo names the processes as earlier holders of the tally, also those that
// have ended since: they are most often the ones that are looked for. One
// whose PID now names another holder of this snapshot is left out.
func (saw sighting) addTo(snap *evidence.Snapshot, t *evidence.Tally) {
	if snap.Taken.Sub(saw.when) > sightingLasts {
		return
	}
	known := make(map[int]bool)
	for _, past := range saw.owners {
		if now := snap.Owner(past.PID); now != nil {
			known[past.PID] = now.Start == past.Start
			continue
		}
		known[past.PID] = true
		addOwners(snap, []evidence.Owner{asItIsNow(past)})
	}
	for _, h := range saw.holders {
		h.Earlier, h.Later = true, false
		h.PIDs = slices.DeleteFunc(slices.Clone(h.PIDs), func(pid int) bool { return !known[pid] })
		if len(h.PIDs) > 0 {
			t.Holders = append(t.Holders, h)
		}
	}
}

// ended is the state letter of a process that is no more (proc(5)).
const ended evidence.ProcState = "X"

// asItIsNow describes a process again. Its start tells it from another that
// has got its PID.
func asItIsNow(past evidence.Owner) evidence.Owner {
	if now, err := owner.Describe(procRoot, past.PID); err == nil && now.Start == past.Start {
		return now
	}
	past.State = ended
	return past
}

// replaceOwners makes found the snapshot's owners, and keeps of those before
// the others: makers that have ended. One whose PID is another's by now is not
// named any more.
func replaceOwners(snap *evidence.Snapshot, found []evidence.Owner) {
	before := snap.Owners
	snap.Owners = found
	for _, o := range before {
		if now := snap.Owner(o.PID); now == nil {
			snap.Owners = append(snap.Owners, o)
		} else if now.Start != o.Start {
			forgetMaker(snap, o.PID)
		}
	}
}

func forgetMaker(snap *evidence.Snapshot, pid int) {
	for i := range snap.Namespaces {
		for j := range snap.Namespaces[i].Tallies {
			t := &snap.Namespaces[i].Tallies[j]
			for k := range t.Made {
				t.Made[k].PIDs = slices.DeleteFunc(t.Made[k].PIDs, func(p int) bool { return p == pid })
			}
			t.Made = slices.DeleteFunc(t.Made, func(m evidence.Made) bool { return len(m.PIDs) == 0 })
		}
	}
}

func addOwners(snap *evidence.Snapshot, owners []evidence.Owner) {
	for _, o := range owners {
		if snap.Owner(o.PID) == nil {
			snap.Owners = append(snap.Owners, o)
		}
	}
}
