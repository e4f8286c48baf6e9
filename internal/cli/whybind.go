package cli

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe/binders"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/why"
)

// procRoot is where linger reads processes and settings.
const procRoot = "/proc"

// request is the socket that is asked about, but for what the host knows.
func (c *whyCmd) request(port uint16) portspace.Request {
	addr := netip.IPv4Unspecified()
	if c.Addr != "" {
		addr = netip.MustParseAddr(c.Addr) // Validate has parsed it
	}
	uid := uint32(max(0, os.Geteuid()))
	if c.UID != nil {
		uid = uint32(*c.UID)
	}
	return portspace.Request{
		Addr: addr.Unmap(), Port: port, V6: addr.Is6(), V6Only: c.V6only, ReuseAddr: c.Reuseaddr, ReusePort: c.Reuseport,
		UID: uid, Privileged: uid == 0,
	}
}

func (c *whyCmd) bind(p *program, port uint16) (*why.Bind, error) {
	if c.From == "" {
		return c.bindLive(p, port)
	}
	snap, ns, err := c.recorded(p)
	if err != nil {
		return nil, err
	}
	req := c.request(port)
	if req.Addr.IsUnspecified() {
		req.Here = evidence.Yes
	}
	held := why.Recorded(snap, ns, port)
	why.Directions(held, &ns.Settings)
	return why.BindOf(why.BindCase{
		Namespace: ns, Host: snap.Host, Request: req, Held: held, Rehearsal: why.Rehearsal{WhyNot: why.SkipRecording},
	}), nil
}

func (c *whyCmd) bindLive(p *program, port uint16) (*why.Bind, error) {
	eyes, err := c.open(p)
	if err != nil {
		return nil, err
	}
	defer eyes.close()
	snap, err := eyes.look(p.ctx, func(t *evidence.Tally) bool { return touches(t, port) })
	if err != nil {
		return nil, err
	}
	ns := &snap.Namespaces[0]
	held, err := eyes.holders(p.ctx, snap, port)
	if err != nil {
		return nil, err
	}
	why.Directions(held, &ns.Settings)
	name(ns, held)
	req := c.request(port)
	if c.UID == nil {
		req.Privileged = binders.Privileged()
	}
	rehearsal := why.Rehearsal{WhyNot: why.SkipAsked}
	rules := portspace.RulesOf(snap.Host.Kernel, &ns.Settings)
	err = eyes.ns.Do(func() error {
		req.Device = zone(req.Addr)
		req.Here = binders.Here(procRoot, req.Addr)
		if c.Rehearsal {
			rehearsal = rehearse(rules, req, held)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return why.BindOf(why.BindCase{
		Namespace: ns, Host: snap.Host, Request: req, Held: held, Rehearsal: rehearsal, Elsewhere: eyes.elsewhere(p.ctx, port),
	}), nil
}

// touches reports whether sockets of a tally can be at a local port.
func touches(t *evidence.Tally, port uint16) bool {
	if t.Direction == evidence.Inbound {
		return t.Port == port
	}
	return t.Ports.Has(port)
}

// name tells whose the mini-sockets are.
func name(ns *evidence.Namespace, held *evidence.PortHolders) {
	for i := range held.Holders {
		h := &held.Holders[i]
		for j := range ns.Tallies {
			if t := &ns.Tallies[j]; h.Mini && t.Src == h.Addr && touches(t, held.Port) && (h.Direction == 0 || h.Direction == t.Direction) {
				h.Who = ns.MakerOf(t)
				break
			}
		}
	}
}

// zone is the interface that a link-local address names, by name or number.
func zone(addr netip.Addr) uint32 {
	if addr.Zone() == "" {
		return 0
	}
	if n, err := strconv.ParseUint(addr.Zone(), 10, 32); err == nil {
		return uint32(n)
	}
	link, err := net.InterfaceByName(addr.Zone())
	if err != nil {
		return 0
	}
	return uint32(link.Index)
}

// rehearse calls bind(), unless that would change what others may do. It runs
// inside the namespace.
func rehearse(rules portspace.Rules, req portspace.Request, held *evidence.PortHolders) why.Rehearsal {
	verdict := portspace.Bind(rules, req, held)
	if verdict.Bind.Errno == portspace.OK && portspace.Marks(rules, req, held) {
		return why.Rehearsal{WhyNot: why.SkipMark}
	}
	errno, err := binders.Rehearse(&req)
	switch {
	case errors.Is(err, binders.ErrNotThatUser):
		return why.Rehearsal{WhyNot: why.SkipUser}
	case err != nil:
		return why.Rehearsal{WhyNot: why.SkipFailed}
	}
	return why.Rehearsal{Done: true, Errno: errno}
}
