package portspace

import (
	"fmt"
	"net/netip"

	"github.com/linger-dev/linger/internal/evidence"
)

// Space is what all outbound groups of a namespace share: the ports that
// automatic connect() may choose from. It is read-only once made, and safe for
// concurrent use.
type Space struct {
	settings        *evidence.Settings
	span            evidence.PortRange
	usable          *evidence.PortSet // in the range, neither reserved nor bound
	reserved, bound int
}

// SpaceOf returns the port space of a namespace; false if
// ip_local_port_range is not known.
func SpaceOf(ns *evidence.Namespace) (*Space, bool) {
	span, ok := ns.Settings.PortRange()
	if !ok || span.Len() == 0 {
		return nil, false
	}
	s := &Space{settings: &ns.Settings, span: span, usable: new(evidence.PortSet)}
	for i := range span.Len() {
		p := span.Low + uint16(i)
		switch {
		case ns.Settings.Reserved.Has(p):
			s.reserved++
		case isBound(&ns.Bound, p):
			s.bound++
		default:
			s.usable.Add(p)
		}
	}
	return s, true
}

// isBound reports whether the bind bucket of p has a user that connect()
// yields to: __inet_hash_connect skips a bucket whose fastreuse or
// fastreuseport is not negative, whatever addresses are involved.
func isBound(b *evidence.Bound, p uint16) bool {
	return b.Listening.Has(p) || b.Accepted.Has(p) || b.Idle.Has(p) || b.Connected.Has(p)
}

// Of returns the budget of one group. It returns false for inbound groups,
// for merged ones, and if the range is not known. For many groups of one
// namespace, make the Space once instead.
func Of(ns *evidence.Namespace, t *evidence.Tally) (Budget, bool) {
	s, ok := SpaceOf(ns)
	if !ok {
		return Budget{}, false
	}
	return s.Budget(t)
}

// Budget returns the budget of one group; false for inbound and merged ones.
func (s *Space) Budget(t *evidence.Tally) (Budget, bool) {
	if t.Direction != evidence.Outbound || t.Others() {
		return Budget{}, false
	}
	held := t.Ports.CountIn(s.usable)
	b := Budget{
		Key: t.Key, Range: s.span, Size: s.span.Len(), Reserved: s.reserved, Bound: s.bound,
		TimeWait: t.TimeWaitPorts.CountIn(s.usable),
		Reusable: t.ReusablePorts.CountIn(s.usable),
		Reuse:    ReuseOf(s.settings, t.Src, t.Dst),
	}
	b.Live = held - b.TimeWait
	b.Free = b.Size - b.Reserved - b.Bound - held
	b.Left = s.left(b.Free+b.Reusable, t)
	return b, true
}

// left corrects the number of available ports for ranges of odd size. One
// search visits an even number of ports (remaining &= ~1 in
// __inet_hash_connect): of three ports never the last; of five or more all
// but the first or the last, by where the hash makes it start.
func (s *Space) left(available int, t *evidence.Tally) Left {
	n := s.span.Len()
	if n%2 == 0 || n == 1 {
		return Left{Min: available, Max: available}
	}
	last := s.available(t, s.span.High)
	if n == 3 {
		if last {
			available--
		}
		return Left{Min: available, Max: available}
	}
	if last || s.available(t, s.span.Low) {
		return Left{Min: available - 1, Max: available}
	}
	return Left{Min: available, Max: available}
}

// available reports whether connect() toward t's destination could take p.
func (s *Space) available(t *evidence.Tally, p uint16) bool {
	return s.usable.Has(p) && (!t.Ports.Has(p) || t.ReusablePorts.Has(p))
}

// ReuseOf says whether connect() from src to dst may take over a TIME_WAIT
// port under these settings (tcp_twsk_unique). A socket bound to the loopback
// device counts as loopback too; that is known only per socket, and
// Tally.ReusablePorts has it right. Whether the old connection really had
// timestamps is not in a dump: it is taken from tcp_timestamps as it is now.
func ReuseOf(settings *evidence.Settings, src, dst netip.Addr) Reuse {
	r := Reuse{Delay: settings.ReuseDelay()}
	mode, known := settings.TWReuse.Get()
	switch {
	case !known:
		r.Cause, r.Because = ReuseUnknown, "tcp_tw_reuse could not be read"
	case settings.Timestamps.Is(0):
		r.Cause, r.Because = ReuseNoTimestamps, "tcp_timestamps is off"
	case mode == 0:
		r.Cause, r.Because = ReuseOff, "tcp_tw_reuse is 0"
	case mode == 2 && !src.IsLoopback() && !dst.IsLoopback():
		r.Cause, r.Because = ReuseLoopbackOnly, "tcp_tw_reuse is 2: loopback only"
	default:
		r.Allowed, r.Cause = true, ReuseAllowed
		r.Because = fmt.Sprintf("tcp_tw_reuse is %d: after %v in TIME_WAIT", mode, r.Delay)
	}
	return r
}
