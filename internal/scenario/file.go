package scenario

import (
	"path"
	"strings"
)

// Parse reads a scenario file. name is its path, for messages; without folder
// and ".yaml" it must be what the file calls itself. All that is wrong is
// reported, up to a bound, each as an *Error; errors.As finds the first. A file
// whose mutant is wrong is wrong.
func Parse(name string, data []byte) (*File, error) {
	p := &problems{file: name}
	tree := readTree(data, p)
	if err := p.err(); err != nil {
		return nil, err
	}
	f, rows := build(name, tree, p)
	for _, row := range rows {
		row.unused(p)
	}
	if change := tree.get("mutant"); change != nil && len(p.list) == 0 {
		build(name, overlay(tree, change, p), p)
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	return f, nil
}

// Plays returns what is to be played: one Play for each case. They share
// nothing that is changed by reading.
func (f *File) Plays() []Play { return f.plays }

// Mutated returns the file with its mutant's change, whose expectations must
// not hold.
func (f *File) Mutated() (*File, error) {
	p := &problems{file: f.path}
	out, _ := build(f.path, overlay(f.tree, f.tree.get("mutant"), p), p)
	return out, p.err()
}

// build reads a file from its tree, and returns its cases too.
func build(name string, tree *node, p *problems) (*File, []*row) {
	f := &File{path: name, tree: tree}
	d := &decoder{problems: p}
	ignore := func(*node) {}
	d.fields(tree, "a scenario", []field{
		{"name", func(n *node) { f.Name = d.text(n) }},
		{"claim", func(n *node) { f.Claim = strings.TrimSpace(d.text(n)) }},
		{"explain", func(n *node) { f.Explain = strings.TrimSpace(d.text(n)) }},
		{"sources", func(n *node) { f.Sources = d.texts(n) }},
		{"topics", func(n *node) { f.Topics = d.texts(n) }},
		{"notes", func(n *node) { f.Notes = d.notes(n) }},
		{"needs", func(n *node) { f.Needs = d.needs(n) }},
		{"heavy", func(n *node) { f.Heavy = d.bool(n) }},
		{"alone", func(n *node) { f.Alone = d.bool(n) }},
		{"cases", ignore},
		{"hosts", ignore},
		{"links", ignore},
		{"programs", ignore},
		{"steps", ignore},
		{"mutant", func(n *node) { f.Mutant = d.mutant(n) }},
	})
	d.checkName(tree, f, name)
	all := rows(tree, p)
	for _, row := range all {
		f.plays = append(f.plays, buildPlay(tree, row, p))
	}
	return f, all
}

func (d *decoder) checkName(tree *node, f *File, file string) {
	at := tree
	if n := tree.get("name"); n != nil {
		at = n
	}
	base := strings.TrimSuffix(strings.TrimSuffix(path.Base(file), ".yaml"), ".yml")
	switch {
	case f.Name == "":
		d.wrong(at, `a scenario needs a "name"`)
	case !isName(f.Name):
		d.wrong(at, "%q is no name: letters, digits and hyphens only", f.Name)
	case f.Name != base:
		d.wrong(at, "the name %q is not that of the file, %q", f.Name, base)
	}
	if f.Claim == "" {
		d.wrong(tree, `a scenario needs a "claim": the sentence that it proves`)
	}
}

// isName reports whether a word can name a scenario, a host, a program, a
// socket or a label.
func isName(s string) bool {
	for i := range len(s) {
		if !wordLetter(s[i]) && s[i] != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// name checks the name of a thing.
func (d *decoder) name(n *node, what string) string {
	text := d.text(n)
	if n.kind == scalar && !isName(text) {
		d.wrong(n, "%q is no name for %s: letters, digits, _ and - only", text, what)
	}
	return text
}

func (d *decoder) notes(n *node) (out []Note) {
	if n.kind != list {
		d.wrong(n, "notes are a list of mappings")
		return nil
	}
	for _, item := range n.items {
		var note Note
		d.fields(item, "a note", []field{
			{"before", func(n *node) { note.Before = d.release(n) }},
			{"since", func(n *node) { note.Since = d.release(n) }},
			{"says", func(n *node) { note.Says = d.text(n) }},
		})
		if note.Says == "" {
			d.wrong(item, `a note needs "says"`)
		}
		out = append(out, note)
	}
	return out
}

// release reads a kernel release such as "6.14".
func (d *decoder) release(n *node) string {
	text := d.text(n)
	major, minor, ok := strings.Cut(text, ".")
	if !ok || !digits(major) || !digits(minor) {
		d.wrong(n, `%q is no kernel release, such as "6.14" (in quotes)`, text)
	}
	return text
}

func digits(s string) bool {
	return s != "" && len(s) < 5 && strings.Trim(s, "0123456789") == ""
}

func (d *decoder) needs(n *node) []string {
	keys := d.texts(n)
	for _, key := range keys {
		d.settingKey(n, key)
	}
	return keys
}

// mutant reads why the change makes the claim false; what it changes is the
// business of overlay.
func (d *decoder) mutant(n *node) *Mutant {
	m := &Mutant{}
	ignore := func(*node) {}
	d.fields(n, "a mutant", []field{
		{"because", func(n *node) { m.Because = d.text(n) }},
		{"cases", ignore},
		{"hosts", ignore},
		{"links", ignore},
		{"programs", ignore},
		{"steps", ignore},
	})
	if m.Because == "" {
		d.wrong(n, `a mutant needs "because": why the claim is then false`)
	}
	return m
}

// buildPlay reads one case.
func buildPlay(tree *node, r *row, p *problems) Play {
	d := &decoder{problems: p, labels: map[string]bool{}, sockets: map[string]scenarioParty{}, kids: map[string]string{}}
	d.play.Case = r.caption()
	part := func(key string, read func(*node)) {
		if n := tree.get(key); n != nil {
			read(r.resolve(n, p))
		}
	}
	part("hosts", d.hosts)
	part("links", d.links)
	d.checkHosts()
	part("programs", d.programs)
	part("steps", d.steps)
	if len(d.play.Hosts) == 0 {
		d.wrong(tree, `a scenario needs "hosts"`)
	}
	if len(d.play.Steps) == 0 {
		d.wrong(tree, `a scenario needs "steps"`)
	}
	d.checkStarts()
	return d.play
}
