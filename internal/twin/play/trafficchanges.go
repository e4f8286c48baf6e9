package play

import (
	"errors"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/twin"
)

func (p *problems) changes(n *node, t *Traffic) {
	if n.items == nil {
		p.add(n, "changes are a list of mappings, such as {at: 60s, settings: {net.ipv4.tcp_tw_reuse: 1}}")
		return
	}
	for _, item := range n.items {
		var c Change
		p.fields(item, "a change", p.changeFields(&c), "at")
		rate, stream := item.get("rate") != nil, item.get("stream") != nil
		switch {
		case item.pairs == nil:
		case rate != stream:
			p.add(item, "\"stream\" and \"rate\" go together")
		case rate == (item.get("settings") != nil):
			p.add(item, "a change is one of \"settings\", or of the \"rate\" of a \"stream\"")
		}
		t.Changes = append(t.Changes, c)
	}
}

func (p *problems) changeFields(c *Change) []field {
	return []field{
		{"at", func(n *node) { c.At = p.duration(n, time.Millisecond) }},
		{"settings", func(n *node) { c.Settings = p.settings(n) }},
		{"stream", func(n *node) { c.Stream = p.name(n) }},
		{"rate", func(n *node) { c.Rate = p.rate(n) }},
	}
}

// checkTraffic checks what needs the whole file.
func (p *problems) checkTraffic(tree *node, t *Traffic) {
	if changes := tree.get("changes"); changes != nil {
		for i, c := range t.Changes {
			at := changes.items[i]
			known := slices.IndexFunc(t.Streams, func(s Stream) bool { return s.Name == c.Stream })
			switch {
			case c.Stream != "" && known < 0:
				p.add(at.get("stream"), "there is no stream %q", c.Stream)
			case c.Stream != "" && t.Streams[known].Count > 0:
				p.add(at, "the rate of a stream with a \"count\" cannot change")
			case c.At >= t.Duration && t.Duration > 0 && at.get("at") != nil:
				p.add(at.get("at"), "the change comes when all is over")
			}
		}
	}
	if len(p.list) == 0 {
		p.trySettings(t)
	}
}

// trySettings writes all settings to a host of the file's kernel.
func (p *problems) trySettings(t *Traffic) {
	h, err := twin.New(twin.Options{Kernel: t.Kernel})
	if err != nil {
		return // told before
	}
	all := slices.Clone(t.Settings)
	for _, c := range t.Changes {
		all = append(all, c.Settings...)
	}
	for _, s := range all {
		if err := h.Set(s.Key, s.Value); err != nil && (t.Kernel != "" || !errors.Is(err, twin.ENOENT)) {
			p.add(&node{line: s.Line, column: 1}, "%v", settingError(s, h.Kernel(), err))
		}
	}
}

// settingError says what is wrong with a setting.
func settingError(s scenario.Setting, k twin.Kernel, err error) *Untestable {
	if errors.Is(err, twin.ENOENT) {
		return noSetting(k.Release, s.Key)
	}
	return refusedSetting(k.Release, s)
}

func (p *problems) fleet(n *node) *Fleet {
	f := &Fleet{Load: Load{Kind: EvenLoad, A: 1000}}
	p.fields(n, "a fleet", []field{
		{"hosts", func(n *node) { f.Hosts = int(p.integer(n, 2, hostsMost)) }},
		{"load", func(n *node) { f.Load = p.load(n) }},
	}, "hosts")
	return f
}
