package tally

import (
	"net/netip"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// director tells which end opened a connection. A socket does not say: the
// kernel forgets after the handshake.
type director struct {
	listeners map[uint16][]evidence.Listener
	ports     *evidence.PortSet // the keys of listeners, for the common miss
	span      evidence.PortRange
}

func newDirector(opts Options) director {
	d := director{
		listeners: make(map[uint16][]evidence.Listener), ports: new(evidence.PortSet),
		span: evidence.PortRange{Low: 32768, High: 60999}, // the kernel's default, if it could not be read
	}
	for _, l := range opts.Listeners {
		d.ports.Add(l.Port)
		d.listeners[l.Port] = append(d.listeners[l.Port], l)
	}
	if opts.Settings != nil {
		if span, ok := opts.Settings.PortRange(); ok {
			d.span = span
		}
	}
	return d
}

func (d *director) of(s *evidence.Socket) (evidence.Direction, evidence.Reason) {
	switch s.State {
	case tcp.SynSent:
		return evidence.Outbound, evidence.ByListener
	case tcp.SynRecv, tcp.NewSynRecv:
		return evidence.Inbound, evidence.ByListener
	}
	if d.ports.Has(s.SrcPort) && d.listens(s.Src.Netip(), s.SrcPort) {
		return evidence.Inbound, evidence.ByListener
	}
	// The far end may be a listener of this namespace too, but then its
	// address must be one of this host: a wildcard listener covers any.
	if d.ports.Has(s.DstPort) {
		dst := s.Dst.Netip()
		if (s.Src == s.Dst || dst.IsLoopback()) && d.listens(dst, s.DstPort) {
			return evidence.Outbound, evidence.ByListener
		}
	}
	local, remote := d.span.Has(s.SrcPort), d.span.Has(s.DstPort)
	switch {
	case local && !remote:
		return evidence.Outbound, evidence.ByPortRange
	case remote && !local:
		return evidence.Inbound, evidence.ByPortRange
	case s.SrcPort < s.DstPort:
		return evidence.Inbound, evidence.ByLowerPort
	}
	return evidence.Outbound, evidence.ByLowerPort
}

func (d *director) listens(addr netip.Addr, port uint16) bool {
	for _, l := range d.listeners[port] {
		if l.Covers(addr, port) {
			return true
		}
	}
	return false
}
