package forecast

import (
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/twin"
)

// Change is a world that differs from the one that was seen. The zero value of
// all but Namespace and Group changes nothing.
type Change struct {
	Namespace string
	Group     evidence.Key
	Settings  *evidence.Settings // as they would be
	Times     float64            // connections that are opened, in times of those of now
	Longer    float64            // how long each is held, in times of now
	Passive   bool               // the other side closes first
	Unbound   bool               // no program binds local ports any more, listeners aside
	Noise     bool               // Early and Late are wanted too
}

// If returns the future of a group after a change, from the snapshot on. False if that cannot be told: the
// group has no budget, the work that is allowed is used up, the twin does not know
// such a kernel, or timestamps are turned on, for the evidence does not tell a
// TIME_WAIT without them from one with.
func (b *Book) If(c Change) (Outlook, bool) {
	at := slices.IndexFunc(b.snap.Namespaces, func(ns evidence.Namespace) bool { return ns.Name == c.Namespace })
	if at < 0 {
		return Outlook{}, false
	}
	ns := &b.snap.Namespaces[at]
	at = slices.IndexFunc(ns.Tallies, func(t evidence.Tally) bool { return t.Key == c.Group })
	space, ok := portspace.SpaceOf(ns)
	if at < 0 || !ok {
		return Outlook{}, false
	}
	s, ok := b.subject(ns, space, &ns.Tallies[at])
	if !ok || !s.change(&c) {
		return Outlook{}, false
	}
	f := future{stage: b.stage(s), traffic: s.traffic}
	if c.Passive {
		f.how = twin.ByThem
	}
	if b.first(&f) != nil || f.out == nil {
		return Outlook{}, false
	}
	if c.Noise {
		b.bracket(&f)
	}
	return *f.out.done(), true
}

// change makes a subject what it would be; false if that cannot be told.
func (s *subject) change(c *Change) bool {
	after := *s.ns
	if c.Settings != nil {
		if s.ns.Settings.Timestamps.Is(0) && !c.Settings.Timestamps.Is(0) {
			return false
		}
		after.Settings = *c.Settings
	}
	if c.Unbound {
		after.Bound.Idle, after.Bound.Connected = nil, nil
	}
	space, ok := portspace.SpaceOf(&after)
	if !ok {
		return false
	}
	s.ns = &after
	if s.budget, ok = space.Budget(s.tally); !ok {
		return false
	}
	if c.Times > 0 {
		s.traffic = s.traffic.times(c.Times)
	}
	if c.Longer > 0 {
		s.traffic.Hold = time.Duration(float64(s.traffic.Hold) * c.Longer)
	}
	return true
}

// IfQuota returns the future of a namespace's quota with these settings, at so
// many times the closes of now; false if there is no quota, or as for If.
func (b *Book) IfQuota(namespace string, s *evidence.Settings, times float64) (QuotaOutlook, bool) {
	at := slices.IndexFunc(b.snap.Namespaces, func(ns evidence.Namespace) bool { return ns.Name == namespace })
	limit, ok := s.MaxTWBuckets.Get()
	if at < 0 || !ok || limit < 0 {
		return QuotaOutlook{}, false
	}
	ns := &b.snap.Namespaces[at]
	minute, t := closes(ns)
	q, err := b.quota(ns, &minute, limit, t.times(times))
	if err != nil || q == nil {
		return QuotaOutlook{}, false
	}
	return *q, true
}
