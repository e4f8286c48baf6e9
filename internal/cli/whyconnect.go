package cli

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe/owner"
	"github.com/linger-dev/linger/internal/why"
)

func (c *whyCmd) connect(p *program, dst netip.AddrPort) (*why.Connect, error) {
	var src netip.Addr
	if c.Source != "" {
		src = netip.MustParseAddr(c.Source).Unmap() // Validate has parsed it
	}
	if c.From != "" {
		return c.connectRecorded(p, src, dst)
	}
	eyes, err := c.open(p)
	if err != nil {
		return nil, err
	}
	defer eyes.close()
	snap, err := eyes.look(p.ctx, func(t *evidence.Tally) bool {
		return t.Direction == evidence.Outbound && !t.Others() && t.Service() == dst
	})
	if err != nil {
		return nil, err
	}
	at := why.ConnectCase{Snapshot: snap, Namespace: &snap.Namespaces[0], Src: src, Dst: dst}
	if _, known := at.Namespace.Settings.PortRange(); !known {
		return nil, fmt.Errorf("look at namespace %s: ip_local_port_range could not be read", at.Namespace.Name)
	}
	err = eyes.ns.Do(func() error {
		if !at.Src.IsValid() {
			at.Src = preferred(dst)
		}
		return eyes.use(&at)
	})
	if err != nil {
		return nil, err
	}
	if err := spenders(p.ctx, &at); err != nil {
		return nil, err
	}
	if c.Try {
		err = eyes.ns.Do(func() (err error) {
			at.Tried, err = try(src, dst, c.Within)
			return err
		})
	}
	return why.ConnectOf(at), err
}

func (c *whyCmd) connectRecorded(p *program, src netip.Addr, dst netip.AddrPort) (*why.Connect, error) {
	snap, ns, err := c.recorded(p)
	if err != nil {
		return nil, err
	}
	if _, known := ns.Settings.PortRange(); !known {
		return nil, &recordingError{c.From, fmt.Errorf("ip_local_port_range of namespace %s is not in it", ns.Name)}
	}
	group := why.Group(ns, src, dst)
	if group != nil {
		src = group.Src
	}
	return why.ConnectOf(why.ConnectCase{Snapshot: snap, Namespace: ns, Src: src, Dst: dst, Use: why.RecordedUse(ns, group)}), nil
}

// use reads what the ports are used for. It runs inside the namespace.
func (e *eyes) use(at *why.ConnectCase) (err error) {
	span, _ := at.Namespace.Settings.PortRange()
	if e.reader != nil {
		at.Use, err = e.reader.Ports(e.ns.ID, span, at.Src, at.Dst)
		return err
	}
	at.Use = why.RecordedUse(at.Namespace, why.Group(at.Namespace, at.Src, at.Dst))
	at.Use.Gaps = append(at.Use.Gaps, *e.gap, evidence.Gap{
		What:  "the kernel does not tell without that which TIME_WAITs and which bound ports automatic connect() passes over",
		Loses: "more ports can be unusable than are told",
	})
	return nil
}

// preferred is the source address of the route to dst. A connected UDP socket
// tells it; nothing is sent.
func preferred(dst netip.AddrPort) netip.Addr {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(dst))
	if err != nil {
		return netip.Addr{}
	}
	defer conn.Close()
	if local, ok := conn.LocalAddr().(*net.UDPAddr); ok {
		return local.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

// spenders looks up who holds ports.
func spenders(ctx context.Context, at *why.ConnectCase) error {
	inodes := make(map[uint64]struct{}, len(at.Use.Inodes))
	for _, inode := range at.Use.Inodes {
		inodes[inode] = struct{}{}
	}
	if len(inodes) == 0 {
		return nil
	}
	found, err := owner.Find(ctx, procRoot, inodes)
	if err != nil {
		return err
	}
	at.Spenders = why.Spent(at.Use, found.PIDs)
	at.Snapshot.Owners = merged(at.Snapshot.Owners, found.Owners)
	at.Use.Gaps = append(at.Use.Gaps, found.Gaps...)
	return nil
}
