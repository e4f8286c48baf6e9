package lab

import (
	"fmt"
	"net"

	"github.com/linger-dev/linger/internal/netlab/rawpeer"
	"github.com/linger-dev/linger/internal/scenario"
)

// nobody is a locally administered hardware address that no veth has.
func nobody() net.HardwareAddr { return net.HardwareAddr{0x02, 0xde, 0xad, 0, 0, 1} }

// cut makes what one host sends to another vanish, on every link between them,
// or mends that.
func (s *stage) cut(c scenario.Cut) error {
	for _, l := range s.links {
		from, to := l.ends[0], l.ends[1]
		if from.host != c.From {
			from, to = to, from
		}
		if from.host != c.From || to.host != c.To {
			continue
		}
		if l.peer != nil {
			return s.cutRaw(l, c)
		}
		if err := s.cutKernel(from, to, c.Mend); err != nil {
			return fmt.Errorf("cut %s from %s: %w", c.To, c.From, err)
		}
	}
	return nil
}

// cutKernel gives the sender a neighbour entry that leads nowhere. The receiver's
// own entry is fixed first: it could not resolve it again.
func (s *stage) cutKernel(from, to end, mend bool) error {
	a, b := s.hosts[from.host], s.hosts[to.host]
	mine, err := a.MAC(from.nic)
	if err != nil {
		return err
	}
	theirs, err := b.MAC(to.nic)
	if err != nil {
		return err
	}
	for _, p := range from.addrs {
		if err := b.Neigh(p.Addr(), mine); err != nil {
			return err
		}
	}
	if !mend {
		theirs = nobody()
	}
	for _, p := range to.addrs {
		if err := a.Neigh(p.Addr(), theirs); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) cutRaw(l *link, c scenario.Cut) error {
	side, name := rawpeer.Raw, c.From
	if c.From == l.ends[0].host {
		side, name = rawpeer.Kernel, c.To
	}
	peer := s.peers[name]
	if c.Mend {
		if mend := peer.cuts[side]; mend != nil {
			mend()
			delete(peer.cuts, side)
		}
		return nil
	}
	mend, err := peer.peer.Disturb(rawpeer.Rule{Do: rawpeer.Lose, From: side, Match: rawpeer.Match{Any: true}, Times: -1})
	if err == nil {
		peer.cuts[side] = mend
	}
	return err
}
