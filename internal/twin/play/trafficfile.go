package play

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/twin"
)

// Bounds of what a file may ask for: they keep memory and time in proportion.
const (
	streamsMost      = 16
	destinationsMost = 256
	hostsMost        = 1_000_000
)

// IsTraffic reports whether a file is one of traffic: a mapping with the key
// "traffic". All others are taken for scenarios.
func IsTraffic(data []byte) bool {
	tree := readTree(data, &problems{})
	return tree != nil && tree.get("traffic") != nil
}

// ParseTraffic reads a traffic file. name is its path, for messages. All that is
// wrong is reported, up to a bound, each as an *Error.
func ParseTraffic(name string, data []byte) (*Traffic, error) {
	p := &problems{file: name}
	t := &Traffic{}
	if tree := readTree(data, p); tree != nil {
		p.fields(tree, "a traffic file", p.trafficFields(t), "traffic", "duration", "streams")
		p.checkTraffic(tree, t)
	}
	if len(p.list) > 0 {
		slices.SortStableFunc(p.list, func(a, b error) int {
			x, y := a.(*Error), b.(*Error)
			return cmp.Or(cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column))
		})
		return nil, errors.Join(p.list...)
	}
	slices.SortStableFunc(t.Changes, func(a, b Change) int { return cmp.Compare(a.At, b.At) })
	return t, nil
}

func (p *problems) trafficFields(t *Traffic) []field {
	return []field{
		{"traffic", func(n *node) { t.Name = p.name(n) }},
		{"about", func(n *node) { t.About = strings.TrimSpace(p.value(n)) }},
		{"kernel", func(n *node) { t.Kernel = p.kernel(n) }},
		{"hz", func(n *node) { t.HZ = int(p.integer(n, 24, 1200)) }},
		{"settings", func(n *node) { t.Settings = p.settings(n) }},
		{"duration", func(n *node) { t.Duration = p.duration(n, time.Second) }},
		{"streams", func(n *node) { p.streams(n, t) }},
		{"changes", func(n *node) { p.changes(n, t) }},
		{"fleet", func(n *node) { t.Fleet = p.fleet(n) }},
	}
}

func (p *problems) kernel(n *node) evidence.Kernel {
	k := evidence.Kernel(p.value(n))
	if _, err := twin.KernelOf(k); err != nil {
		p.add(n, "%v", err)
	}
	return k
}

func (p *problems) settings(n *node) (all []scenario.Setting) {
	if n.pairs == nil {
		p.add(n, "settings are a mapping of sysctls to values, such as {net.ipv4.tcp_tw_reuse: 1}")
		return nil
	}
	for _, kv := range n.pairs {
		if !strings.HasPrefix(kv.key.text, "net.") {
			p.add(kv.key, "%q is no setting of a network namespace: they begin with \"net.\"", kv.key.text)
		}
		all = append(all, scenario.Setting{Key: kv.key.text, Value: kv.value.text, Line: kv.key.line})
		if kv.value.items != nil || kv.value.pairs != nil {
			p.add(kv.value, "a value is needed here")
		}
	}
	return all
}

func (p *problems) streams(n *node, t *Traffic) {
	if len(n.items) == 0 || len(n.items) > streamsMost {
		p.add(n, "streams are a list of 1 to %d mappings", streamsMost)
		return
	}
	for i, item := range n.items {
		s := Stream{Destinations: 1, Name: fmt.Sprintf("stream%d", i+1)}
		p.fields(item, "a stream", p.streamFields(&s), "rate", "closes")
		to, at := item.get("to"), item.get("at")
		switch {
		case item.broken || item.pairs == nil:
		case (to == nil) == (at == nil):
			p.add(item, "a stream goes \"to\" a service elsewhere, or comes to one \"at\" this host")
		case at != nil && (item.get("from") != nil || item.get("destinations") != nil || item.get("options") != nil):
			p.add(item, "a stream that comes \"at\" this host has no \"from\", \"destinations\" and \"options\"")
		case at != nil && s.Closes == twin.Abandoned:
			p.add(item.get("closes"), "\"alone\" is for streams that go \"to\" a service: peers of one \"at\" this host are not told apart")
		case s.Stop > 0 && s.Stop <= s.Start:
			p.add(item.get("stop"), "the stream stops before it starts")
		}
		if s.Outbound && s.From == nil {
			s.From = []netip.Addr{netip.AddrFrom4([4]byte{10, 0, 0, 1})}
			if s.Service.Addr().Is6() {
				s.From[0] = netip.MustParseAddr("fd00::1")
			}
		}
		if slices.ContainsFunc(t.Streams, func(o Stream) bool { return o.Name == s.Name }) {
			p.add(item, "two streams are called %q", s.Name)
		}
		t.Streams = append(t.Streams, s)
	}
}

func (p *problems) streamFields(s *Stream) []field {
	return []field{
		{"name", func(n *node) { s.Name = p.name(n) }},
		{"to", func(n *node) { s.Service, s.Outbound = p.service(n), true }},
		{"at", func(n *node) { s.Service = p.service(n) }},
		{"destinations", func(n *node) { s.Destinations = int(p.integer(n, 1, destinationsMost)) }},
		{"from", func(n *node) {
			for _, item := range p.values(n) {
				s.From = append(s.From, p.address(item))
			}
		}},
		{"rate", func(n *node) { s.Rate = p.rate(n) }},
		{"arrivals", func(n *node) { s.Random = p.choice(n, "even", "random") == "random" }},
		{"closes", func(n *node) { s.Closes = p.closing(n) }},
		{"hold", func(n *node) { s.Hold = p.duration(n, 0) }},
		{"start", func(n *node) { s.Start = p.duration(n, 0) }},
		{"stop", func(n *node) { s.Stop = p.duration(n, time.Millisecond) }},
		{"count", func(n *node) { s.Count = uint64(p.integer(n, 1, 1e12)) }},
		{"options", func(n *node) { p.options(n, s) }},
	}
}

func (p *problems) closing(n *node) twin.Closing {
	var words []string
	for _, c := range closings() {
		if c.word == n.text {
			return c.how
		}
		words = append(words, c.word)
	}
	p.choice(n, words...)
	return 0
}

func (p *problems) options(n *node, s *Stream) {
	for _, item := range p.values(n) {
		text := p.value(item)
		switch span, isRange := strings.CutPrefix(text, "port_range "); {
		case text == "reuse_addr":
			s.Dial.ReuseAddr = true
		case text == "reuse_port":
			s.Dial.ReusePort = true
		case isRange:
			if _, err := fmt.Sscanf(span, "%d-%d", &s.Dial.Range.Low, &s.Dial.Range.High); err != nil || s.Dial.Range.Low > s.Dial.Range.High {
				p.add(item, "%q is no range of ports, such as \"port_range 40000-40009\"", text)
			}
		default:
			p.add(item, "%q is no option of a stream: there are reuse_addr, reuse_port, port_range LOW-HIGH", text)
		}
	}
}
