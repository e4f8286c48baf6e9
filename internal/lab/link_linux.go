package lab

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
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

// owner returns which end has an address.
func (l *link) owner(a netip.Addr) string {
	for _, e := range l.ends {
		for _, p := range e.addrs {
			if p.Addr() == a.Unmap() {
				return e.host
			}
		}
	}
	return ""
}

func (l *link) stop() {
	if l.tap != nil {
		_, _ = l.tap.Stop()
	}
}

// tap begins to capture on the links between kernels, if an expectation speaks
// of segments or a timeline is wanted. Raw links are always captured.
func (s *stage) tap(p *scenario.Play) error {
	if s.watcher == nil && !wiretapped(p) {
		return nil
	}
	for _, name := range loopbackHosts(p) {
		s.links = append(s.links, &link{ends: [2]end{{host: name, nic: "lo"}, {host: name}}})
	}
	for _, l := range s.links {
		if l.peer != nil {
			continue
		}
		tap, err := capture.Start(s.hosts[l.ends[0].host].Host, capture.Options{Interfaces: []string{l.ends[0].nic}})
		if err != nil {
			return err
		}
		l.tap = tap
	}
	return nil
}

// wiretapped reports whether an expectation speaks of segments.
func wiretapped(p *scenario.Play) bool {
	for _, step := range p.Steps {
		if e, ok := step.Action.(scenario.Expect); ok && e.Segment != nil {
			return true
		}
	}
	return false
}

// loopbackHosts are the hosts without a link: their programs talk to each
// other.
func loopbackHosts(p *scenario.Play) (names []string) {
	linked := map[string]bool{}
	for _, l := range p.Links {
		linked[l.A], linked[l.B] = true, true
	}
	for _, h := range p.Hosts {
		if !linked[h.Name] {
			names = append(names, h.Name)
		}
	}
	return names
}

// passages returns what passed a link so far.
func (l *link) passages(start time.Time) ([]evidence.Passage, int, error) {
	if l.peer != nil {
		c := l.peer.Capture()
		return c.Passages(start, l.ends[0].host, l.ends[1].host), c.Dropped(), nil
	}
	if l.tap == nil {
		return nil, 0, nil
	}
	seen, err := l.tap.Seen()
	if err != nil {
		return nil, 0, err
	}
	out := make([]evidence.Passage, 0, len(seen.Packets))
	var numbers evidence.Relative
	for _, p := range seen.Packets {
		h := p.Header
		seq, ack := numbers.Of(h.Tuple, h.Segment.Flags, h.Segment.Seq, h.Segment.Ack)
		from, to := l.ends[0].host, l.ends[1].host
		if !p.Outgoing {
			from, to = to, from
		}
		out = append(out, evidence.Passage{
			At: p.Time.Sub(start), From: from, To: to, Tuple: h.Tuple,
			Flags: h.Segment.Flags, Seq: seq, Ack: ack, Len: h.DataLen,
		})
	}
	return out, seen.More + seen.Missed, nil
}

// wire returns the segments that were sent on all links since a moment.
func (s *stage) wire(since time.Time) ([]evidence.Passage, error) {
	var out []evidence.Passage
	for _, l := range s.links {
		passed, _, err := l.passages(s.start)
		if err != nil {
			return nil, err
		}
		for _, p := range passed {
			if p.At >= since.Sub(s.start) {
				out = append(out, p)
			}
		}
	}
	return out, nil
}

// nobody is a locally administered hardware address that no veth has.
func nobody() net.HardwareAddr { return net.HardwareAddr{0x02, 0xde, 0xad, 0, 0, 1} }

// cut makes what one host sends to another vanish, on every link between them,
// or mends that.
func (s *stage) cut(c scenario.Cut) error {
	for _, l := range s.links {
		from, to := l.ends[0], l.ends[1]
		if from.host != c.From {
			from, to = to, from
		}
		if from.host != c.From || to.host != c.To {
			continue
		}
		if l.peer != nil {
			return s.cutRaw(l, c)
		}
		if err := s.cutKernel(from, to, c.Mend); err != nil {
			return fmt.Errorf("cut %s from %s: %w", c.To, c.From, err)
		}
	}
	return nil
}

// cutKernel gives the sender a neighbour entry that leads nowhere. The receiver's
// own entry is fixed first: it could not resolve it again.
func (s *stage) cutKernel(from, to end, mend bool) error {
	a, b := s.hosts[from.host], s.hosts[to.host]
	mine, err := a.MAC(from.nic)
	if err != nil {
		return err
	}
	theirs, err := b.MAC(to.nic)
	if err != nil {
		return err
	}
	for _, p := range from.addrs {
		if err := b.Neigh(p.Addr(), mine); err != nil {
			return err
		}
	}
	if !mend {
		theirs = nobody()
	}
	for _, p := range to.addrs {
		if err := a.Neigh(p.Addr(), theirs); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) cutRaw(l *link, c scenario.Cut) error {
	side, name := rawpeer.Raw, c.From
	if c.From == l.ends[0].host {
		side, name = rawpeer.Kernel, c.To
	}
	peer := s.peers[name]
	if c.Mend {
		if mend := peer.cuts[side]; mend != nil {
			mend()
			delete(peer.cuts, side)
		}
		return nil
	}
	mend, err := peer.peer.Disturb(rawpeer.Rule{Do: rawpeer.Lose, From: side, Match: rawpeer.Match{Any: true}, Times: -1})
	if err == nil {
		peer.cuts[side] = mend
	}
	return err
}
