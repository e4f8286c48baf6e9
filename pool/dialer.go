package pool

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// Dialer dials like net.Dialer, and can spread connections over several source
// addresses and keep to a part of the local ports. The zero value is a plain
// net.Dialer. It is safe for concurrent use as long as its fields are not changed.
//
// The local ports are a budget for each (source address, destination address,
// destination port): with n source addresses there are n times as many
// connections. But bind(2) to an address with port 0, which is what setting
// net.Dialer.LocalAddr does, chooses the port before the destination is known. So
// it must be free toward all of them, and while it is held (for 60 seconds
// more in TIME_WAIT) automatic choice skips it for every other destination too.
// Dialer sets IP_BIND_ADDRESS_NO_PORT (Linux 4.2): bind(2) then takes only the
// address, and connect(2) a port that is free toward this destination. On older
// kernels and other systems the drawback stays.
type Dialer struct {
	// Base holds all that net.Dialer can do. LocalAddr is not used if there
	// are Sources, and FallbackDelay neither: addresses of a name are then
	// tried one after the other.
	Base net.Dialer

	// Sources are addresses of this host. Each dial begins with a random one
	// of the destination's family, and goes on to the others if that has no
	// port left or is not on this host (EADDRNOTAVAIL; not noticed on Windows).
	Sources []netip.Addr

	// Ports narrows the local ports that are chosen from, by
	// IP_LOCAL_PORT_RANGE (Linux 6.3, and later releases of 6.1). A bound
	// outside of the system's ip_local_port_range has no effect. Elsewhere
	// dialling fails with errors.ErrUnsupported. Zero: all.
	Ports PortRange
}

// PortRange is a range of ports, both ends included. Low must be below High.
type PortRange struct{ Low, High uint16 }

// DialContext connects to address, as net.Dialer.DialContext does.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if len(d.Sources) == 0 {
		return d.from(ctx, netip.Addr{}, network, address)
	}
	if d.Base.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.Base.Timeout)
		defer cancel()
	}
	targets, err := d.targets(ctx, network, address)
	if err != nil {
		return nil, err
	}
	for i, target := range targets {
		conn, dialErr := d.spread(ctx, network, target, len(targets)-i)
		if dialErr == nil {
			return conn, nil
		}
		if err == nil {
			err = dialErr // the first address is the preferred one
		}
	}
	return nil, err
}

// targets resolves address, and keeps what a source address can reach.
func (d *Dialer) targets(ctx context.Context, network, address string) ([]netip.AddrPort, error) {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	resolver := d.Base.Resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	port, err := resolver.LookupPort(ctx, network, service)
	if err != nil {
		return nil, err
	}
	family, ok := map[string]string{"tcp": "ip", "tcp4": "ip4", "tcp6": "ip6"}[network]
	if !ok {
		return nil, &net.OpError{Op: "dial", Net: network, Err: net.UnknownNetworkError(network)}
	}
	addrs, err := resolver.LookupNetIP(ctx, family, host)
	if err != nil {
		return nil, err
	}
	var targets []netip.AddrPort
	for _, a := range addrs {
		if a = a.Unmap(); len(d.sourcesFor(a)) > 0 {
			targets = append(targets, netip.AddrPortFrom(a, uint16(port)))
		}
	}
	if len(targets) == 0 {
		return nil, &net.AddrError{Err: "no source address of the same family", Addr: address}
	}
	return targets, nil
}

func (d *Dialer) sourcesFor(target netip.Addr) []netip.Addr {
	var fit []netip.Addr
	for _, s := range d.Sources {
		if s = s.Unmap(); s.Is4() == target.Is4() {
			fit = append(fit, s)
		}
	}
	return fit
}

// spread dials one address from the sources in turn. It takes its share of the
// time if left addresses are still to be tried.
func (d *Dialer) spread(ctx context.Context, network string, target netip.AddrPort, left int) (conn net.Conn, err error) {
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(end)/time.Duration(left))
		defer cancel()
	}
	sources := d.sourcesFor(target.Addr())
	first := rand.N(len(sources))
	for i := range sources {
		conn, err = d.from(ctx, sources[(first+i)%len(sources)], network, target.String())
		if !errors.Is(err, syscall.EADDRNOTAVAIL) {
			return conn, err
		}
	}
	return nil, err
}

// from dials from one source address; the zero address leaves it to the system.
func (d *Dialer) from(ctx context.Context, source netip.Addr, network, address string) (net.Conn, error) {
	base := d.Base
	if source.IsValid() {
		base.LocalAddr = &net.TCPAddr{IP: source.AsSlice(), Zone: source.Zone()}
	}
	if !source.IsValid() && d.Ports == (PortRange{}) {
		return base.DialContext(ctx, network, address)
	}
	// These run after socket(2) and before bind(2).
	control, controlContext := base.Control, base.ControlContext
	base.Control = nil
	base.ControlContext = func(ctx context.Context, network, address string, raw syscall.RawConn) error {
		if err := d.prepare(raw, source.IsValid()); err != nil {
			return err
		}
		switch {
		case controlContext != nil:
			return controlContext(ctx, network, address, raw)
		case control != nil:
			return control(network, address, raw)
		}
		return nil
	}
	return base.DialContext(ctx, network, address)
}

func (d *Dialer) prepare(raw syscall.RawConn, bound bool) (err error) {
	if p := d.Ports; p != (PortRange{}) && p.Low >= p.High {
		return fmt.Errorf("local ports %d-%d: low must be below high", p.Low, p.High)
	}
	if ctl := raw.Control(func(fd uintptr) { err = setSource(fd, bound, d.Ports) }); ctl != nil {
		return ctl
	}
	return err
}
