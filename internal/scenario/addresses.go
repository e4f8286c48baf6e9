package scenario

import (
	"net/netip"
)

// address returns the text of an address. YAML takes one in brackets for a
// list.
func (d *decoder) address(n *node) (text string, ok bool) {
	switch n.kind {
	case scalar:
		return n.text, true
	case nothing:
		d.wrong(n, "an address is missing here")
	default:
		d.wrong(n, "an address is needed here, not %s: one of IPv6 stands in quotes", n.kind)
	}
	return "", false
}

// endpoint reads an address and a port.
func (d *decoder) endpoint(n *node) netip.AddrPort {
	text, ok := d.address(n)
	a, err := netip.ParseAddrPort(text)
	if ok && (err != nil || a.Addr().Zone() != "") {
		d.wrong(n, `%q is no address and port, such as "10.0.0.1:80" or "[fd00::1]:80"`, text)
	}
	return a
}

// target reads where a connection goes.
func (d *decoder) target(n *node) netip.AddrPort {
	a := d.endpoint(n)
	if a.IsValid() && a.Port() == 0 {
		d.wrong(n, "nothing can connect to port 0")
	}
	return a
}

// source reads an address with or without a port.
func (d *decoder) source(n *node) netip.AddrPort {
	text, ok := d.address(n)
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		return netip.AddrPortFrom(a, 0)
	}
	a, err := netip.ParseAddrPort(text)
	if ok && (err != nil || a.Addr().Zone() != "") {
		d.wrong(n, `%q is no address, such as "10.0.0.1" or "10.0.0.1:4000"`, text)
	}
	return a
}

// prefixes reads the addresses of one end of a link.
func (d *decoder) prefixes(n *node) (out []netip.Prefix) {
	items := []*node{n}
	if n.kind == list {
		items = n.items
	}
	for _, item := range items {
		text, ok := d.address(item)
		if !ok {
			continue
		}
		p, err := netip.ParsePrefix(text)
		a := p.Addr()
		switch {
		case err != nil:
			d.wrong(item, `%q is no address with its network, such as "10.0.0.1/24" or "fd00::1/64"`, text)
		case a.IsUnspecified() || a.IsLoopback() || a.IsMulticast():
			d.wrong(item, "%s cannot be the address of a host", a)
		default:
			out = append(out, p)
		}
	}
	if len(items) == 0 {
		d.wrong(n, "each end of a link needs an address")
	}
	return out
}

// owner returns the host that has an address by a link, or "".
func (d *decoder) owner(a netip.Addr) string {
	for _, l := range d.play.Links {
		for _, p := range l.AAddrs {
			if p.Addr() == a {
				return l.A
			}
		}
		for _, p := range l.BAddrs {
			if p.Addr() == a {
				return l.B
			}
		}
	}
	return ""
}

// local checks that a socket of a host can have an address.
func (d *decoder) local(n *node, host string, a netip.Addr) {
	h := d.hostNamed(host)
	if h == nil || !a.IsValid() || a.IsUnspecified() || d.owner(a) == host {
		return
	}
	if a.IsLoopback() && h.Raw == nil {
		return
	}
	d.wrong(n, "%s is no address of host %s", a, host)
}
