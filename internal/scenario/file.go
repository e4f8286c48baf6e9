package scenario

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Parse reads a scenario file. name is its path, for messages. All that is wrong
// is reported, up to a bound, each as an *Error; errors.As finds the first. A file
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
		if m := mutated(name, tree, p); m != nil && reflect.DeepEqual(m.bare(), f.bare()) {
			p.prefix = ""
			p.add(change.line, change.column, "this mutant changes nothing")
		}
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
// not hold. It is an error if there is no mutant; the change itself was
// checked by Parse.
func (f *File) Mutated() (*File, error) {
	if f.Mutant == nil {
		return nil, fmt.Errorf("%s has no mutant", f.path)
	}
	p := &problems{file: f.path}
	out := mutated(f.path, f.tree, p)
	return out, p.err()
}

// mutated reads a file with its mutant's change. The places that its problems
// tell may be far from the change, which the texts therefore mention.
func mutated(name string, tree *node, p *problems) *File {
	changed := overlay(tree, tree.get("mutant"), p)
	if len(p.list) > 0 {
		return nil
	}
	p.prefix = "with the change of the mutant: "
	out, _ := build(name, changed, p)
	return out
}

// bare returns the plays without the lines that they stand on.
func (f *File) bare() []Play {
	plays := slices.Clone(f.plays)
	for i := range plays {
		p := &plays[i]
		p.Hosts, p.Links, p.Programs, p.Steps = slices.Clone(p.Hosts), slices.Clone(p.Links), slices.Clone(p.Programs), slices.Clone(p.Steps)
		for j := range p.Hosts {
			p.Hosts[j].Line = 0
		}
		for j := range p.Links {
			p.Links[j].Line = 0
		}
		for j := range p.Programs {
			p.Programs[j].Line = 0
		}
		for j := range p.Steps {
			p.Steps[j].Line = 0
		}
	}
	return plays
}

// build reads a file from its tree, and returns its cases too.
func build(name string, tree *node, p *problems) (*File, []*row) {
	f := &File{path: name, tree: tree}
	d := newDecoder(p)
	d.fields(tree, "a scenario", d.fileFields(f))
	d.checkName(tree, f)
	for _, key := range []string{"hosts", "steps"} {
		if tree.get(key) == nil {
			d.wrong(tree, "a scenario needs %q", key)
		}
	}
	all := rows(tree, p)
	found := make([]*problems, len(all))
	for i, row := range all {
		found[i] = &problems{file: p.file}
		f.plays = append(f.plays, buildPlay(tree, row, found[i]))
	}
	p.addCases(all, found)
	return f, all
}

func (d *decoder) fileFields(f *File) []field {
	return []field{
		{"name", func(n *node) { f.Name = d.text(n) }},
		{"claim", func(n *node) { f.Claim = strings.TrimSpace(d.text(n)) }},
		{"explain", func(n *node) { f.Explain = strings.TrimSpace(d.text(n)) }},
		{"sources", func(n *node) { f.Sources = d.texts(n) }},
		{"topics", func(n *node) { f.Topics = d.texts(n) }},
		{"notes", func(n *node) { f.Notes = d.notes(n) }},
		{"needs", func(n *node) { f.Needs = d.needs(n) }},
		{"heavy", func(n *node) { f.Heavy = d.bool(n) }},
		{"alone", func(n *node) { f.Alone = d.bool(n) }},
		ignored("cases"),
		ignored("hosts"),
		ignored("links"),
		ignored("programs"),
		ignored("steps"),
		{"mutant", func(n *node) { f.Mutant = d.mutant(n) }},
	}
}

func (d *decoder) checkName(tree *node, f *File) {
	at := tree
	if n := tree.get("name"); n != nil {
		at = n
	}
	switch {
	case f.Name == "":
		d.wrong(at, `a scenario needs a "name"`)
	case !isName(f.Name):
		d.wrong(at, "%q is no name: letters, digits, _ and - only, at most %d", f.Name, nameMost)
	}
	if f.Claim == "" {
		d.wrong(tree.key("claim"), `a scenario needs a "claim": the sentence that it proves`)
	}
}

// nameMost is the length of the longest name.
const nameMost = 64

// isName reports whether a word can name a scenario, a host, a program, a
// socket or a label.
func isName(s string) bool {
	for i := range len(s) {
		if !wordLetter(s[i]) && s[i] != '-' {
			return false
		}
	}
	return s != "" && len(s) <= nameMost
}

// name checks the name of a thing.
func (d *decoder) name(n *node, what string) string {
	text := d.text(n)
	if n.kind == scalar && !isName(text) {
		d.wrong(n, "%q is no name for %s: letters, digits, _ and - only, at most %d", text, what, nameMost)
	}
	return text
}

// buildPlay reads one case.
func buildPlay(tree *node, r *row, p *problems) Play {
	d := newDecoder(p)
	d.play.Case = r.caption()
	for _, part := range []struct {
		key  string
		read func(*node)
	}{{"hosts", d.hosts}, {"links", d.readLinks}, {"programs", d.programs}, {"steps", d.steps}} {
		if n := r.resolve(tree.get(part.key), p); n != nil && n.kind != broken {
			part.read(n)
		}
	}
	d.checkHosts()
	d.checkStarts()
	return d.play
}
