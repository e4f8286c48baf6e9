package netlab

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// upTimeout is ten times what the kernel needs.
const upTimeout = 10 * time.Second

// Join connects two hosts by a veth pair, gives each end its addresses and
// brings both up. The ends are called eth0, eth1, ... on each host, in the
// order of joining. IPv6 addresses skip duplicate address detection and can be
// used at once. Join waits until both ends can carry packets.
func (w *World) Join(a, b *Host, aAddrs, bAddrs []netip.Prefix) error {
	if err := w.join(a, b, aAddrs, bAddrs); err != nil {
		return fmt.Errorf("join %s and %s: %w", a.name, b.name, err)
	}
	return nil
}

func (w *World) join(a, b *Host, aAddrs, bAddrs []netip.Prefix) error {
	if a == b || a.world != w || b.world != w {
		return errors.New("a link needs two hosts of this world")
	}
	aLink, bLink := a.nextLink(), b.nextLink()
	bNS, err := b.hold()
	if err != nil {
		return err
	}
	defer func() { _ = bNS.Close() }()
	err = a.Do(func() error {
		attrs := netlink.NewLinkAttrs()
		attrs.Name = aLink
		return netlink.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: bLink, PeerNamespace: netlink.NsFd(int(bNS.Fd()))})
	})
	if err != nil {
		return fmt.Errorf("make veth pair: %w", err)
	}
	if err := a.configure(aLink, aAddrs); err != nil {
		return err
	}
	if err := b.configure(bLink, bAddrs); err != nil {
		return err
	}
	if err := a.Do(func() error { return awaitUp(aLink) }); err != nil {
		return err
	}
	return b.Do(func() error { return awaitUp(bLink) })
}

// awaitUp waits for the operational state. Until then an interface drops what
// it is given, and the kernel works off changes of state for all namespaces
// together, at most once a second (net/core/link_watch.c): a SYN sent in that
// time would be lost.
func awaitUp(link string) error {
	for end := time.Now().Add(upTimeout); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		l, err := netlink.LinkByName(link)
		if err != nil {
			return fmt.Errorf("find %s: %w", link, err)
		}
		if l.Attrs().OperState == netlink.OperUp {
			return nil
		}
	}
	return fmt.Errorf("%s did not come up: %w", link, os.ErrDeadlineExceeded)
}

func (h *Host) nextLink() string {
	h.world.mu.Lock()
	defer h.world.mu.Unlock()
	h.links++
	return fmt.Sprintf("eth%d", h.links-1)
}

func (h *Host) configure(link string, addrs []netip.Prefix) error {
	if err := h.AddAddr(link, addrs...); err != nil {
		return err
	}
	return h.Do(func() error { return setUp(link) })
}

// AddAddr gives addresses to an interface of the host: "lo", or "eth0" and so
// on from Join.
func (h *Host) AddAddr(link string, addrs ...netip.Prefix) error {
	return h.Do(func() error {
		l, err := netlink.LinkByName(link)
		if err != nil {
			return fmt.Errorf("find %s: %w", link, err)
		}
		for _, p := range addrs {
			addr := &netlink.Addr{IPNet: &net.IPNet{
				IP:   p.Addr().AsSlice(),
				Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen()),
			}}
			if p.Addr().Is6() {
				addr.Flags = unix.IFA_F_NODAD
			}
			if err := netlink.AddrAdd(l, addr); err != nil {
				return fmt.Errorf("add %s to %s: %w", p, link, err)
			}
		}
		return nil
	})
}

// setUp brings an interface of the calling thread's namespace up.
func setUp(link string) error {
	l, err := netlink.LinkByName(link)
	if err != nil {
		return fmt.Errorf("find %s: %w", link, err)
	}
	if err := netlink.LinkSetUp(l); err != nil {
		return fmt.Errorf("set %s up: %w", link, err)
	}
	return nil
}

// MAC returns the hardware address of an interface of the host.
func (h *Host) MAC(link string) (mac net.HardwareAddr, err error) {
	err = h.Do(func() error {
		l, err := netlink.LinkByName(link)
		if err != nil {
			return fmt.Errorf("find %s: %w", link, err)
		}
		mac = l.Attrs().HardwareAddr
		return nil
	})
	return mac, err
}

// Neigh makes mac the permanent hardware address of addr, as this host sees
// it, on the interface that leads there. With a MAC that nobody has, all
// packets from this host to addr vanish, while those from addr still arrive:
// the other end drops what is not addressed to it (PACKET_OTHERHOST, ip_rcv).
// Open connections are affected too, as the entry is looked up for each
// packet.
func (h *Host) Neigh(addr netip.Addr, mac net.HardwareAddr) error {
	return h.neigh(addr, mac, netlink.NeighSet)
}

// ForgetNeigh removes the entry for addr, so that it is resolved anew. It is
// an error if there is none.
func (h *Host) ForgetNeigh(addr netip.Addr) error {
	return h.neigh(addr, nil, netlink.NeighDel)
}

func (h *Host) neigh(addr netip.Addr, mac net.HardwareAddr, change func(*netlink.Neigh) error) error {
	err := h.Do(func() error {
		routes, err := netlink.RouteGet(addr.AsSlice())
		if err != nil {
			return fmt.Errorf("find the way: %w", err)
		}
		if len(routes) == 0 {
			return unix.ENETUNREACH
		}
		family := unix.AF_INET6
		if addr.Is4() {
			family = unix.AF_INET
		}
		return change(&netlink.Neigh{
			LinkIndex: routes[0].LinkIndex, Family: family, State: netlink.NUD_PERMANENT,
			IP: addr.AsSlice(), HardwareAddr: mac,
		})
	})
	if err != nil {
		return fmt.Errorf("neighbour %s of %s: %w", addr, h.name, err)
	}
	return nil
}
