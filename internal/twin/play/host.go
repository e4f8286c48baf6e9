package play

import (
	"net/netip"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/twin"
)

// hop is how long a segment takes from one host to the next.
const hop = 20 * time.Microsecond

// host is a machine of a play: a twin, and the sockets that programs hold on it.
type host struct {
	name      string
	world     *world
	twin      *twin.Host
	addrs     []netip.Prefix
	muted     bool // a raw host whose TCP is deaf and dumb
	bare      bool // a raw host without timestamps
	listeners []*listener
	ends      map[tuple]*end // those that the twin counts as live

	overflows, drops int64 // ListenOverflows and ListenDrops
}

// tuple is a connection as one end sees it.
type tuple struct{ local, remote netip.AddrPort }

// kernel returns the twin as it is now.
func (h *host) kernel() *twin.Host {
	h.twin.Advance(h.world.now)
	return h.twin
}

// route returns the address from which a connection goes to another, as Linux
// chooses it.
func (h *host) route(to netip.Addr) (from netip.Addr, ok bool) {
	if to.IsLoopback() {
		if to.Is4() {
			return netip.AddrFrom4([4]byte{127, 0, 0, 1}), true
		}
		return netip.IPv6Loopback(), true
	}
	for _, p := range h.addrs {
		if p.Addr() == to {
			return to, true
		}
	}
	for _, p := range h.addrs {
		if p.Masked().Contains(to) {
			return p.Addr(), true
		}
	}
	return netip.Addr{}, false
}

// listenerOf returns who takes connections to an address, or nil.
func (h *host) listenerOf(to netip.AddrPort) *listener {
	var found *listener
	for _, l := range h.listeners {
		if l.sock.port != to.Port() {
			continue
		}
		at := l.sock.addr
		switch {
		case at == to.Addr():
			return l
		case at.IsUnspecified() && (at.Is4() == to.Addr().Is4() || at.Is6() && !l.sock.options.V6Only) && found == nil:
			found = l
		}
	}
	return found
}

// twinOptions are the options as the twin knows them.
func twinOptions(o scenario.SocketOptions) twin.SocketOptions {
	return twin.SocketOptions{
		ReuseAddr: o.ReuseAddr, ReusePort: o.ReusePort, V6Only: o.V6Only, UID: o.UID,
		Range: evidence.PortRange{Low: o.PortRange[0], High: o.PortRange[1]},
	}
}

// census is what was counted on a host at one moment.
type census struct {
	byState  [tcp.NumStates]int64
	left     scenario.DurationRange // of the TIME_WAIT sockets
	timeWait int64
}

// count counts the sockets with this port at either end; 0 counts all.
func (h *host) count(port uint16) census {
	c := census{left: scenario.DurationRange{Low: never}}
	for s := range h.kernel().Sockets() {
		if port != 0 && s.SrcPort != port && s.DstPort != port || s.State == tcp.Established {
			continue // who is live is known better here
		}
		c.byState[s.State]++
		if s.State == tcp.TimeWait {
			c.timeWait++
			left := time.Duration(s.Expires) * time.Millisecond
			c.left.Low, c.left.High = min(c.left.Low, left), max(c.left.High, left)
		}
	}
	for at, e := range h.ends {
		if port == 0 || at.local.Port() == port || at.remote.Port() == port {
			c.byState[e.state]++
		}
	}
	for _, l := range h.listeners {
		if port == 0 || l.sock.port == port {
			c.byState[tcp.Listen]++
		}
	}
	return c
}
