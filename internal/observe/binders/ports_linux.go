package binders

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/cilium/ebpf"

	"github.com/linger-dev/linger/internal/evidence"
)

// The bits of port_use.flags in shapes.h.
const (
	useBound = 1 << iota
	useListens
	useIdle
	useChosen
	useChosenMini
	useOther
	useLive
	useTimeWait
	useFinWait2
	useStamped
	useAccepted
)

// Ports returns what the ports of a range are used for in the namespace of the
// calling thread, seen from connections between src and dst; src may be the
// zero Addr, which stands for any.
func (r *Reader) Ports(netns uint64, span evidence.PortRange, src netip.Addr, dst netip.AddrPort) (*evidence.PortUse, error) {
	if err := r.forget(); err != nil {
		return nil, err
	}
	w := bpfWanted{Netns: uint32(netns), Low: span.Low, High: span.High, Dst: dst.Addr().As16(), DstPort: dst.Port()}
	if src.IsValid() {
		w.Src = src.As16()
	}
	if err := r.want(&w); err != nil {
		return nil, err
	}
	u := &evidence.PortUse{
		Range: span, Exact: true, Bound: new(evidence.PortSet), Listening: new(evidence.PortSet), Accepted: new(evidence.PortSet),
		Idle: new(evidence.PortSet), Chosen: new(evidence.PortSet), Lingering: new(evidence.PortSet), Live: new(evidence.PortSet),
		FinWait2: new(evidence.PortSet), Inodes: make(map[uint16]uint64),
	}
	if err := r.look("on_port", "on_port_file", &u.Gaps); err != nil {
		return nil, err
	}
	if err := r.each(func(port uint16, use *bpfPortUse) { r.add(u, port, use) }); err != nil {
		return nil, err
	}
	return u, nil
}

// forget clears the map of ports, if it has been used.
func (r *Reader) forget() error {
	if r.links["on_port"] == nil {
		return nil
	}
	keys := make([]uint32, r.main.Maps["ports"].MaxEntries())
	for i := range keys {
		keys[i] = uint32(i)
	}
	if _, err := r.main.Maps["ports"].BatchUpdate(keys, make([]bpfPortUse, len(keys)), nil); err != nil {
		return fmt.Errorf("forget the last result: %w", err)
	}
	return nil
}

// each reads the map of ports in large pieces.
func (r *Reader) each(fn func(uint16, *bpfPortUse)) error {
	const piece = 4096
	keys, values := make([]uint32, piece), make([]bpfPortUse, piece)
	var at ebpf.MapBatchCursor
	for {
		n, err := r.main.Maps["ports"].BatchLookup(&at, keys, values, nil)
		for i := range n {
			if values[i].Flags != 0 {
				fn(uint16(keys[i]), &values[i])
			}
		}
		if errors.Is(err, ebpf.ErrKeyNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read ports: %w", err)
		}
	}
}

func (r *Reader) add(u *evidence.PortUse, port uint16, use *bpfPortUse) {
	for _, in := range []struct {
		flag uint32
		set  *evidence.PortSet
	}{
		{useBound, u.Bound},
		{useListens, u.Listening},
		{useAccepted, u.Accepted},
		{useIdle, u.Idle},
		{useChosen, u.Chosen},
		{useChosenMini, u.Lingering},
		{useLive, u.Live},
		{useFinWait2, u.FinWait2},
	} {
		if use.Flags&in.flag != 0 {
			in.set.Add(port)
		}
	}
	if use.Inode != 0 {
		u.Inodes[port] = use.Inode
	}
	if use.Flags&useTimeWait == 0 {
		return
	}
	w := evidence.PortWait{
		Port: port, Left: r.left(use.Left), Age: time.Duration(use.Age) * time.Millisecond,
		Stamped: evidence.TriOf(use.Flags&useStamped != 0),
	}
	if use.Age == 0 && r.hz > 0 { // before 6.14 the socket does not say when it began
		w.Age = max(0, evidence.TimeWaitLen-w.Left)
	}
	u.Waiting = append(u.Waiting, w)
}
