package lab

import (
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/netlab/capture"
	"github.com/linger-dev/linger/internal/scenario"
)

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
