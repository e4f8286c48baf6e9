package portspace

import (
	"net/netip"

	"github.com/linger-dev/linger/internal/evidence"
)

// local is the local end of a socket, as the bind rules look at it.
type local struct {
	addr   netip.Addr // IPv4 unmapped, without zone
	v6     bool       // an AF_INET6 socket
	v6only bool
}

func localOf(addr netip.Addr, v6, v6only bool) local {
	return local{addr: addr.Unmap().WithZone(""), v6: v6, v6only: v6only}
}

// kind is what ipv6_addr_type tells of an address, as far as binding asks.
type kind uint8

const (
	anyV6  kind = iota // ::
	mapped             // an IPv4 address, also 0.0.0.0
	native             // any other IPv6 address
)

func (l local) kind() kind {
	switch {
	case l.addr.Is4():
		return mapped
	case l.addr.IsUnspecified():
		return anyV6
	}
	return native
}

// wildcard reports whether the address stands for all of its family.
func (l local) wildcard() bool { return l.addr.IsUnspecified() }

// insteadOfV4 is what the kernel keeps in the IPv4 field of a socket with a
// native IPv6 address: LOOPBACK4_IPV6. A rule that compares IPv4 fields
// therefore finds it below 0.0.0.0.
var insteadOfV4 = netip.AddrFrom4([4]byte{127, 0, 0, 6})

// rcv4 is sk_rcv_saddr: the IPv4 field.
func (l local) rcv4() netip.Addr {
	switch l.kind() {
	case anyV6:
		return netip.IPv4Unspecified()
	case native:
		return insteadOfV4
	}
	return l.addr
}

// overlap says whether two local addresses are the same for bind():
// inet_rcv_saddr_equal, ipv6_rcv_saddr_equal and ipv4_rcv_saddr_equal. It is
// not symmetric. With wildA (wildB) a wildcard of a (b) covers more than
// itself.
func overlap(a, b local, wildA, wildB bool) bool {
	if !a.v6 {
		return overlap4(a, b, wildA, wildB)
	}
	ka, kb := a.kind(), mapped
	if b.v6 {
		kb = b.kind()
	}
	switch {
	case ka == mapped && kb == mapped:
		return overlap4(a, b, wildA, wildB)
	case ka == anyV6 && kb == anyV6:
		return true
	case kb == anyV6 && wildB && !(b.v6only && ka == mapped):
		return true
	case ka == anyV6 && wildA && !(a.v6only && kb == mapped):
		return true
	}
	return b.v6 && a.addr == b.addr
}

func overlap4(a, b local, wildA, wildB bool) bool {
	if b.v6only {
		return false
	}
	ra, rb := a.rcv4(), b.rcv4()
	return ra == rb || wildA && ra.IsUnspecified() || wildB && rb.IsUnspecified()
}

// bucketed is what the second bind table, of addresses, finds for a socket a
// that has no wildcard address (inet_bhash2_addr_any_conflict, then the bucket
// of the address itself): a wildcard that covers a, or the same address.
func bucketed(a, b local) bool {
	if b.v6only && a.kind() == mapped {
		return false
	}
	switch b.kind() {
	case anyV6:
		return true
	case mapped:
		if b.wildcard() {
			return a.kind() == mapped
		}
	case native:
	}
	return a.addr == b.addr
}

// meets says whether the kernel, when it binds a, looks at a holder at b.
func (r Rules) meets(a, b local, mini bool) bool {
	if !r.AddressTable || a.wildcard() {
		return overlap(a, b, true, true)
	}
	switch {
	case mini && r.ForgetsTimeWait:
		return false
	case r.MissesMapped && a.v6 && a.kind() == mapped && b.v6 && b.kind() == mapped && b.wildcard():
		return false
	}
	return bucketed(a, b)
}

// ends lists the local ends that a holder can have, more than one if it is
// not known whether it keeps to IPv6.
func ends(h *evidence.Holder) []local {
	var all []local
	for _, v6only := range []bool{false, true} {
		if v6only && !h.V6 || h.V6 && !h.V6Only.May(v6only) {
			continue
		}
		all = append(all, localOf(h.Addr, h.V6, v6only))
	}
	return all
}
