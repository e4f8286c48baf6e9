package scenario

import (
	"slices"
)

// field is a key that a mapping may have, and what its value does.
type field struct {
	name string
	set  func(n *node)
}

// ignored is a key that is read elsewhere.
func ignored(name string) field { return field{name, func(*node) {}} }

// decoder reads one play, or what a file says of itself. It goes on after an
// error, so that all are found.
type decoder struct {
	*problems
	play    Play
	labels  map[string]bool   // of the steps so far
	sockets map[string]made   // of the steps so far, by "program.socket"
	kids    map[string]string // children of calls programs: their parents
	waiting map[string]*node  // programs that no step so far has started: where they are described
	links   []*node           // where each link is described
	places  map[string]*node  // where each host is described
}

func newDecoder(p *problems) *decoder {
	return &decoder{
		problems: p, labels: map[string]bool{}, sockets: map[string]made{}, kids: map[string]string{},
		waiting: map[string]*node{}, places: map[string]*node{},
	}
}

func (d *decoder) wrong(n *node, format string, args ...any) {
	if n.kind != broken {
		d.add(n.line, n.column, format, args...)
	}
}

// fields reads a mapping. what names it in errors, such as "a host".
func (d *decoder) fields(n *node, what string, known []field) {
	if n.kind == nothing {
		return
	}
	if n.kind != mapping {
		d.wrong(n, "%s is a mapping of keys to values, not %s", what, n.kind)
		return
	}
	for _, kv := range n.pairs {
		i := slices.IndexFunc(known, func(f field) bool { return f.name == kv.key.text })
		if i < 0 {
			d.wrong(kv.key, "%s has no key %q: %s", what, kv.key.text, instead(kv.key.text, names(known)))
			continue
		}
		known[i].set(kv.value)
	}
}

func names(fields []field) []string {
	var out []string
	for _, f := range fields {
		out = append(out, f.name)
	}
	return out
}

// choice checks that a value is one of some words.
func (d *decoder) choice(n *node, words ...string) string {
	text := d.text(n)
	if n.kind == scalar && !slices.Contains(words, text) {
		d.wrong(n, "%q is not possible here: %s", text, instead(text, words))
		return ""
	}
	return text
}

// text returns a value as it stands.
func (d *decoder) text(n *node) string {
	switch n.kind {
	case scalar:
		return n.text
	case nothing:
		d.wrong(n, "a value is missing here")
	default:
		d.wrong(n, "a value is needed here, not %s", n.kind)
	}
	return ""
}

// values returns the values of a list, or one value as a list.
func (d *decoder) values(n *node) (out []*node) {
	switch n.kind {
	case scalar:
		return []*node{n}
	case list:
		for _, item := range n.items {
			if d.text(item); item.kind == scalar {
				out = append(out, item)
			}
		}
	case nothing:
		d.wrong(n, "a list is missing here")
	default:
		d.wrong(n, "a list is needed here, not %s", n.kind)
	}
	return out
}

func (d *decoder) texts(n *node) (out []string) {
	for _, v := range d.values(n) {
		out = append(out, v.text)
	}
	return out
}
