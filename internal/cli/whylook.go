package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/netns"
	"github.com/linger-dev/linger/internal/observe"
	"github.com/linger-dev/linger/internal/observe/binders"
	"github.com/linger-dev/linger/internal/observe/owner"
	"github.com/linger-dev/linger/internal/observe/sockdiag"
	"github.com/linger-dev/linger/internal/observe/sysctl"
	"github.com/linger-dev/linger/internal/tcp"
)

// eyes look at one namespace, for all that an answer needs.
type eyes struct {
	ns       *netns.Namespace
	observer *observe.Observer
	reader   *binders.Reader // nil where the options of sockets cannot be read
	gap      *evidence.Gap   // then: why
	own      bool            // it is linger's own namespace
}

func (c *whyCmd) open(*program) (*eyes, error) {
	if err := onlyLinux(); err != nil {
		return nil, err
	}
	spaces, _, err := netns.Select(c.Netns)
	if err != nil {
		return nil, err
	}
	e := &eyes{ns: spaces[0], own: c.Netns == ""}
	e.observer = observe.OpenNamespaces(observe.Options{Deep: true, Settle: settle}, e.ns)
	e.reader, err = binders.Open(sysctl.HZ())
	var missing *binders.UnavailableError
	switch {
	case errors.As(err, &missing):
		gap := missing.Gap()
		e.gap = &gap
	case err != nil:
		e.close()
		return nil, err
	}
	return e, nil
}

func (e *eyes) close() {
	if e.reader != nil {
		e.reader.Close()
	}
	e.observer.Close() // and the namespace
}

// look takes a snapshot and names who made the sockets of some tallies.
func (e *eyes) look(ctx context.Context, want func(*evidence.Tally) bool) (*evidence.Snapshot, error) {
	snap, err := e.observer.Look(ctx)
	if err != nil {
		return nil, err
	}
	wanted := make(map[evidence.Key]bool)
	for i := range snap.Namespaces[0].Tallies {
		if t := &snap.Namespaces[0].Tallies[i]; want(t) {
			wanted[t.Key] = true
		}
	}
	snap.Gaps = nil // they are about budgets; what an answer misses it says itself
	return snap, e.observer.Resolve(ctx, snap, func(_ string, k evidence.Key) bool { return wanted[k] })
}

// holders returns who holds a port, from the kernel's own structures if they
// can be read, and else from a dump.
func (e *eyes) holders(ctx context.Context, snap *evidence.Snapshot, port uint16) (held *evidence.PortHolders, err error) {
	err = e.ns.Do(func() error {
		if e.reader != nil {
			held, err = e.reader.Port(e.ns.ID, port)
			return err
		}
		held, err = dumped(ctx, snap.Host.Kernel, port)
		return err
	})
	if err != nil {
		return nil, err
	}
	if e.gap != nil {
		held.Gaps = append(held.Gaps, *e.gap)
	}
	return held, e.attribute(ctx, snap, held)
}

// dumped makes holders of what inet_diag shows.
func dumped(ctx context.Context, kernel evidence.Kernel, port uint16) (*evidence.PortHolders, error) {
	client, err := sockdiag.Open()
	if err != nil {
		return nil, err
	}
	defer client.Close() //nolint:errcheck // only read
	var g binders.Gather
	states := tcp.AllStates
	if kernel.AtLeast(6, 8) {
		states |= tcp.States(tcp.BoundInactive)
	}
	full := states &^ tcp.States(tcp.TimeWait, tcp.SynRecv, tcp.NewSynRecv)
	explicit := sockdiag.Request{States: full, LocalPort: sockdiag.Port(port), Explicit: true}
	if _, err := client.Dump(ctx, explicit, func(s *evidence.Socket) error { g.AddExplicit(s); return nil }, nil); err != nil {
		return nil, err
	}
	all := sockdiag.Request{States: states, LocalPort: sockdiag.Port(port)}
	if _, err := client.Dump(ctx, all, func(s *evidence.Socket) error { g.Add(s); return nil }, func() { g.Reset() }); err != nil {
		return nil, err
	}
	held := g.Holders(port)
	if !kernel.AtLeast(6, 8) {
		held.Gaps = append(held.Gaps, evidence.Gap{
			What:  "kernels before 6.8 do not list sockets that are bound but neither listening nor connected",
			Loses: "such a holder of the port is not told",
		})
	}
	return held, nil
}

// attribute looks up the processes behind live holders.
func (e *eyes) attribute(ctx context.Context, snap *evidence.Snapshot, held *evidence.PortHolders) error {
	inodes := make(map[uint64]struct{})
	for _, h := range held.Holders {
		for _, inode := range h.Inodes {
			inodes[inode] = struct{}{}
		}
	}
	held.Owners = snap.Owners
	if len(inodes) == 0 {
		return nil
	}
	found, err := owner.Find(ctx, procRoot, inodes)
	if err != nil {
		return err
	}
	held.Owners, held.Gaps = merged(held.Owners, found.Owners), append(held.Gaps, found.Gaps...)
	for i := range held.Holders {
		h := &held.Holders[i]
		for _, inode := range h.Inodes {
			for _, pid := range found.PIDs[inode] {
				if !slices.Contains(h.Who.PIDs, pid) {
					h.Who.PIDs = append(h.Who.PIDs, pid)
				}
			}
		}
		if len(h.Who.PIDs) > 0 {
			h.Who.Basis = evidence.Held
		}
	}
	return nil
}

// merged adds owners that are not known yet.
func merged(owners, more []evidence.Owner) []evidence.Owner {
	all := slices.Clone(owners)
	for _, o := range more {
		if !slices.ContainsFunc(all, func(k evidence.Owner) bool { return k.PID == o.PID }) {
			all = append(all, o)
		}
	}
	return all
}

// elsewhere names other namespaces where somebody listens at the port. It asks
// only from the own one: who names a namespace knows what he wants.
func (e *eyes) elsewhere(ctx context.Context, port uint16) []string {
	if !e.own || os.Geteuid() != 0 {
		return nil
	}
	spaces, _, err := netns.Select("all")
	if err != nil {
		return nil
	}
	var names []string
	for _, ns := range spaces {
		if ns.ID != e.ns.ID && ns.Do(func() error { return listens(ctx, port) }) == nil {
			names = append(names, ns.Name)
		}
		_ = ns.Close()
	}
	return names
}

// listens returns nil if somebody listens at the port of the calling thread's
// namespace.
func listens(ctx context.Context, port uint16) error {
	client, err := sockdiag.Open()
	if err != nil {
		return err
	}
	defer client.Close() //nolint:errcheck // only read
	err = fmt.Errorf("nobody listens at port %d", port)
	_, failed := client.Dump(ctx, sockdiag.Request{States: tcp.States(tcp.Listen), LocalPort: sockdiag.Port(port)}, func(*evidence.Socket) error {
		err = nil
		return nil
	}, nil)
	return errors.Join(err, failed)
}
