package binders

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// The bits of holder_key.flags in shapes.h.
const (
	flagV6 = 1 << iota
	flagV6Only
	flagReuseAddr
	flagReusePort
	flagMini
	flagOrphan
	flagExplicit
	flagAutomatic
)

// holders reads what the walks summed up, in a fixed order.
func (r *Reader) holders(p *evidence.PortHolders) error {
	var key bpfHolderKey
	var value bpfHolder
	entries := r.main.Maps["holders"].Iterate()
	for entries.Next(&key, &value) {
		p.Holders = append(p.Holders, r.holder(&key, &value))
	}
	if err := entries.Err(); err != nil {
		return fmt.Errorf("read holders: %w", err)
	}
	slices.SortFunc(p.Holders, func(a, b evidence.Holder) int { return a.Compare(&b) })
	var result bpfResult
	if err := r.main.Maps["results"].Lookup(uint32(0), &result); err != nil {
		return fmt.Errorf("read how much was seen: %w", err)
	}
	if result.Lost > 0 {
		p.Gaps = append(p.Gaps, evidence.Gap{
			What:  fmt.Sprintf("%d sockets at port %d are of more kinds than there was room for", result.Lost, p.Port),
			Loses: "they are not among the holders",
		})
	}
	return nil
}

func (r *Reader) holder(key *bpfHolderKey, value *bpfHolder) evidence.Holder {
	has := func(flag uint8) bool { return key.Flags&flag != 0 }
	h := evidence.Holder{
		Addr: address(key.Addr), V6: has(flagV6), V6Only: evidence.No, State: tcp.State(key.State), Mini: has(flagMini),
		ReuseAddr: evidence.TriOf(has(flagReuseAddr)), ReusePort: evidence.TriOf(has(flagReusePort)),
		UID: key.Uid, UIDKnown: !has(flagMini), Orphan: has(flagOrphan) && !has(flagMini),
		Device: key.Device, L3Master: uint32(key.L3mdev), Count: value.Count,
	}
	if h.V6 {
		h.V6Only = evidence.TriOf(has(flagV6Only))
	}
	switch {
	case has(flagExplicit), h.State == tcp.Listen:
		h.Explicit = evidence.Yes
	case has(flagAutomatic):
		h.Explicit, h.Direction = evidence.No, evidence.Outbound
	}
	if h.State == tcp.Close && !h.Mini {
		h.State, h.Explicit = tcp.BoundInactive, evidence.Yes
	}
	if remote := address(value.Remote); value.RemotePort != 0 && h.State != tcp.Listen {
		h.Remote = netip.AddrPortFrom(remote, value.RemotePort)
	}
	if h.Mini && r.hz > 0 {
		h.Soonest, h.Latest, h.Timed = r.left(value.Soonest), r.left(value.Latest), true
	}
	for _, inode := range value.Inodes {
		if inode != 0 {
			h.Inodes = append(h.Inodes, inode)
		}
	}
	return h
}

func (r *Reader) buckets(p *evidence.PortHolders) error {
	var l3mdev int32
	var value bpfBucket
	entries := r.main.Maps["buckets"].Iterate()
	for entries.Next(&l3mdev, &value) {
		b := evidence.Bucket{
			L3Master: uint32(l3mdev), FastReuse: value.Fastreuse, FastReusePort: value.Fastreuseport, FastUID: value.Uid,
			FastV6: value.V6 != 0, FastV6Only: value.V6only != 0,
		}
		if b.FastReusePort > 0 {
			b.FastAddr = address(value.Addr)
		}
		p.Buckets = append(p.Buckets, b)
	}
	if err := entries.Err(); err != nil {
		return fmt.Errorf("read buckets: %w", err)
	}
	slices.SortFunc(p.Buckets, func(a, b evidence.Bucket) int { return int(a.L3Master) - int(b.L3Master) })
	return nil
}
