package scenario

import (
	"strings"
)

func (d *decoder) notes(n *node) (out []Note) {
	if n.kind != list {
		d.wrong(n, "notes are a list of mappings")
		return nil
	}
	for _, item := range n.items {
		var note Note
		d.fields(item, "a note", d.noteFields(&note))
		if item.kind == mapping && note.Says == "" {
			d.wrong(item, `a note needs "says"`)
		}
		out = append(out, note)
	}
	return out
}

func (d *decoder) noteFields(note *Note) []field {
	return []field{
		{"before", func(n *node) { note.Before = d.release(n) }},
		{"since", func(n *node) { note.Since = d.release(n) }},
		{"says", func(n *node) { note.Says = d.text(n) }},
	}
}

// release reads a kernel release such as "6.14".
func (d *decoder) release(n *node) string {
	text := d.text(n)
	major, minor, ok := strings.Cut(text, ".")
	if n.kind == scalar && (!ok || !digits(major) || !digits(minor)) {
		d.wrong(n, `%q is no kernel release, such as "6.14"`, text)
	}
	return text
}

func digits(s string) bool {
	return s != "" && len(s) < 5 && strings.Trim(s, "0123456789") == ""
}

func (d *decoder) needs(n *node) []string {
	for _, key := range d.values(n) {
		d.settingKey(key)
	}
	return d.texts(n)
}

// mutant reads why the change makes the claim false; what it changes is the
// business of overlay.
func (d *decoder) mutant(n *node) *Mutant {
	m := &Mutant{}
	d.fields(n, "a mutant", d.mutantFields(m))
	switch {
	case n.kind != mapping && n.kind != nothing:
	case m.Because == "":
		d.wrong(n, `a mutant needs "because": why the claim is then false`)
	case len(n.pairs) == 1:
		d.wrong(n, "this mutant changes nothing")
	}
	return m
}

func (d *decoder) mutantFields(m *Mutant) []field {
	return []field{
		{"because", func(n *node) { m.Because = strings.TrimSpace(d.text(n)) }},
		ignored("cases"),
		ignored("hosts"),
		ignored("links"),
		ignored("programs"),
		ignored("steps"),
	}
}
