package lab

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/linger-dev/linger/internal/netlab/capture"
	"github.com/linger-dev/linger/internal/netlab/rawpeer"
	"github.com/linger-dev/linger/internal/scenario"
)

// link is a link of the scenario as it was built, or the loopback of a host.
type link struct {
	ends [2]end
	peer *rawpeer.Peer    // not nil: ends[1] is raw
	tap  *capture.Capture // what passes at ends[0]; nil if nobody wants to know
}

// end is one side of a link.
type end struct {
	host  string
	nic   string // of a kernel host: its interface
	addrs []netip.Prefix
}

// rawHost is a host without a kernel.
type rawHost struct {
	name   string
	kernel string // the host at the other end
	peer   *rawpeer.Peer
	cuts   map[rawpeer.Side]func() // undo what Cut did
}

func (s *stage) join(p *scenario.Play, l scenario.Link) error {
	for _, h := range p.Hosts {
		switch {
		case h.Raw == nil:
		case h.Name == l.A:
			return s.attach(h, end{host: l.B, addrs: l.BAddrs}, end{host: l.A, addrs: l.AAddrs})
		case h.Name == l.B:
			return s.attach(h, end{host: l.A, addrs: l.AAddrs}, end{host: l.B, addrs: l.BAddrs})
		}
	}
	a, b := s.hosts[l.A], s.hosts[l.B]
	if a == nil || b == nil {
		return errors.Join(unknownHost(l.A), unknownHost(l.B))
	}
	made := &link{ends: [2]end{{host: l.A, addrs: l.AAddrs}, {host: l.B, addrs: l.BAddrs}}}
	for i := range made.ends {
		made.ends[i].nic = fmt.Sprintf("eth%d", s.nics(made.ends[i].host))
	}
	if err := s.world.Join(a.Host, b.Host, l.AAddrs, l.BAddrs); err != nil {
		return err
	}
	s.links = append(s.links, made)
	return nil
}

// nics counts the veth ends of a host; netlab numbers them in this order.
func (s *stage) nics(host string) (n int) {
	for _, l := range s.links {
		for _, e := range l.ends {
			if e.host == host && e.nic != "" && l.peer == nil {
				n++
			}
		}
	}
	return n
}

// attach makes a raw host at the end of a link to a kernel.
func (s *stage) attach(h scenario.Host, kernel, raw end) error {
	host := s.hosts[kernel.host]
	if host == nil {
		return unknownHost(kernel.host)
	}
	o := rawpeer.Options{Kernel: kernel.addrs, Params: params(h.Raw), ISS: iss(h.Raw)}
	for _, a := range raw.addrs {
		o.Addrs = append(o.Addrs, a.Addr())
	}
	if s.watcher != nil {
		o.Changed = s.watcher.changed(h.Name)
	}
	peer, err := rawpeer.Attach(host.Host, o)
	if err != nil {
		return err
	}
	s.peers[h.Name] = &rawHost{name: h.Name, kernel: kernel.host, peer: peer, cuts: map[rawpeer.Side]func(){}}
	s.links = append(s.links, &link{ends: [2]end{kernel, raw}, peer: peer})
	return nil
}

func (l *link) stop() {
	if l.tap != nil {
		_, _ = l.tap.Stop()
	}
}
