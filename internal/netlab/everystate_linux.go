package netlab

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
	"golang.org/x/sys/unix"
)

// nobody returns a locally administered hardware address that no veth has.
func nobody() net.HardwareAddr { return net.HardwareAddr{0x02, 0xde, 0xad, 0, 0, 1} }

// States is a World's host that has TCP sockets in every state at once.
type States struct {
	Host *Host // has the sockets
	Peer *Host // the other ends; what Host sends to it vanishes

	fds []int
}

// EveryState makes two joined hosts, "states" and "peer", and on the first, for each
// Family, a socket in every TCP state, by real connections only: a half of the
// way is cut by a neighbour entry that leads nowhere, so that the peer's
// segments arrive and the answers vanish.
//
// In CLOSE there is a socket per family that is bound and neither listens nor
// is connected. /proc/net/tcp does not list it; inet_diag does since Linux 6.8,
// if asked for BOUND_INACTIVE.
//
// The kernel ends the states by its timers: with default settings TIME_WAIT
// and the orphan FIN_WAIT2 after 60 s, SYN_RECV after 63 s (tcp_synack_retries
// 5), FIN_WAIT1, CLOSING and LAST_ACK after about 100 s (tcp_orphan_retries).
// Comparisons must be done before.
func EveryState(ctx context.Context, w *World) (*States, error) {
	s := &States{}
	if err := s.build(ctx, w); err != nil {
		s.Close()
		return nil, fmt.Errorf("make every state: %w", err)
	}
	return s, nil
}

// Close closes the sockets of both ends. It does not close the World.
func (s *States) Close() {
	for _, fd := range s.fds {
		_ = unix.Close(fd)
	}
	s.fds = nil
}

func (s *States) build(ctx context.Context, w *World) (err error) {
	if s.Host, err = w.Host("states"); err != nil {
		return err
	}
	if s.Peer, err = w.Host("peer"); err != nil {
		return err
	}
	sides := stateSides()
	a := []netip.Prefix{netip.PrefixFrom(sides[0].a, 24), netip.PrefixFrom(sides[1].a, 64)}
	b := []netip.Prefix{netip.PrefixFrom(sides[0].b, 24), netip.PrefixFrom(sides[1].b, 64)}
	if err := w.Join(s.Host, s.Peer, a, b); err != nil {
		return err
	}
	for i := range sides {
		if err := sides[i].open(s); err != nil {
			return fmt.Errorf("%s: %w", sides[i].family, err)
		}
	}
	err = s.await(ctx, map[tcp.State]int{tcp.Listen: 1, tcp.Established: 3, tcp.CloseWait: 2, tcp.FinWait2: 2, tcp.TimeWait: 1})
	if err != nil {
		return err
	}
	if err := s.cut(sides); err != nil {
		return err
	}
	for i := range sides {
		if err := sides[i].strand(s); err != nil {
			return fmt.Errorf("%s: %w", sides[i].family, err)
		}
	}
	// CLOSING needs the peer's FIN to come after ours was sent.
	if err := s.await(ctx, map[tcp.State]int{tcp.FinWait1: 2}); err != nil {
		return err
	}
	for i := range sides {
		s.close(sides[i].peerOfClosing)
	}
	return s.await(ctx, Everything())
}

// cut makes what Host sends vanish. The peer's entries for Host are fixed
// first: it could not resolve them again.
func (s *States) cut(sides []side) error {
	mac, err := s.Host.MAC("eth0")
	if err != nil {
		return err
	}
	for _, side := range sides[:2] {
		if err := s.Peer.Neigh(side.a, mac); err != nil {
			return err
		}
		if err := s.Host.Neigh(side.b, nobody()); err != nil {
			return err
		}
	}
	return nil
}

// await polls until each family has at least the wanted sockets in the wanted
// states.
func (s *States) await(ctx context.Context, want map[tcp.State]int) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		pop, err := s.Host.Population()
		if err != nil {
			return err
		}
		missing := ""
		for family, counts := range pop {
			for state, n := range want {
				if counts[state] < n {
					missing = fmt.Sprintf("%s has %d of %d sockets in %s", family, counts[state], n, state)
				}
			}
		}
		if missing == "" {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", missing, ctx.Err())
		case <-tick.C:
		}
	}
}
