package remedy

import (
	"net/netip"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
)

// group is an outbound group of connections that is short of ports. A nil
// tally stands for any destination that is not used yet.
type group struct {
	finding int // index of planner.all
	tally   *evidence.Tally
	budget  portspace.Budget
	rate    float64 // closes per second
}

// key names the group in an Effect.
func (g *group) key() *evidence.Key {
	if g.tally == nil {
		return nil
	}
	k := g.tally.Key
	return &k
}

// service returns the address and port that the group connects to; of no
// group in particular, the zero AddrPort.
func (g *group) service() netip.AddrPort {
	if g.tally == nil {
		return netip.AddrPort{}
	}
	return g.tally.Service()
}

// unused returns a group without connections. Its addresses are of no matter
// to the budget.
func unused() *evidence.Tally {
	return &evidence.Tally{Key: evidence.Key{Direction: evidence.Outbound, Src: somewhere, Dst: somewhere, Port: 1}}
}

// world is a namespace in which connections live, now or after a change.
type world struct {
	ns    *evidence.Namespace
	space *portspace.Space
	tail  time.Duration
}

// worldOf returns the world of a namespace with these settings changed; false
// if the range is not known or is left without a port.
func worldOf(host *evidence.Host, ns *evidence.Namespace, changes []Setting) (world, bool) {
	after := *ns
	var err error
	if after.Settings, err = Apply(ns.Settings, changes); err != nil {
		return world{}, false
	}
	space, ok := portspace.SpaceOf(&after)
	return world{ns: &after, space: space, tail: tailOf(host)}, ok
}

// tailOf is by how much the timer wheel lengthens TIME_WAIT at most: 2 s at
// HZ=250 is taken where it is not known.
func tailOf(host *evidence.Host) time.Duration {
	if host.Tail > 0 {
		return host.Tail
	}
	if host.HZ > 0 {
		return host.Granularity(evidence.TimeWaitLen)
	}
	return 2 * time.Second
}

// held is the longest that a closed connection keeps its port: TIME_WAIT and
// what the timer wheel adds, or until connect() may take it over.
func (w *world) held(b *portspace.Budget) time.Duration {
	if b.Reuse.Allowed {
		return b.Reuse.Delay
	}
	return evidence.TimeWaitLen + w.tail
}

// look returns how a group stands and whether it has room for twice its rate.
// The tally may be a changed copy.
func (w *world) look(t *evidence.Tally) (Outlook, bool) {
	b, ok := w.space.Budget(t)
	if !ok {
		return Outlook{}, false
	}
	_, of := b.Used()
	rate, held := t.Minute.Rate().PerSecond, w.held(&b)
	projection := portspace.Runout(&b, t)
	o := Outlook{
		Of: of, Left: b.Left.Min, Waits: b.Live + int(rate*held.Seconds()+0.5),
		Limit: float64(max(0, of-b.Live)) / held.Seconds(),
		Never: projection.Never, In: projection.In,
	}
	if b.Out() { // out for the moment only, if what waits is let go and not taken again
		o.Never = o.Waits < of
	}
	return o, enough(&o, b.Live, rate, held)
}

// reusable returns t as it would be if connect() were allowed to take over
// TIME_WAIT ports as the world's settings say. Which ports are old enough is
// not known of each, but how many are.
func (w *world) reusable(t *evidence.Tally) *evidence.Tally {
	after := *t
	after.ReusablePorts = new(evidence.PortSet)
	reuse := portspace.ReuseOf(&w.ns.Settings, t.Src, t.Dst)
	if !reuse.Allowed {
		return &after
	}
	n := int(t.Minute.Tail)
	for i, v := range t.Minute.Age {
		if time.Duration(i)*time.Second >= reuse.Delay {
			n += int(v)
		}
	}
	for port := range t.TimeWaitPorts.All() {
		if after.ReusablePorts.Len() >= n {
			break
		}
		after.ReusablePorts.Add(port)
	}
	return &after
}

// slower returns t with one close for every n that it has.
func slower(t *evidence.Tally, n uint32) *evidence.Tally {
	after := *t
	for i, v := range t.Minute.Age {
		after.Minute.Age[i] = (v + n - 1) / n
	}
	after.Minute.Tail = (t.Minute.Tail + n - 1) / n
	return &after
}
