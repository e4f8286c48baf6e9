package scenario

import (
	"strings"
)

// workMost bounds what the cases make of a file: one for each node that is
// read, and for each 32 letters that a variable becomes.
const workMost = 200_000

// row is one case: variables and their values.
type row struct {
	node *node // nil: the file has no cases
	used map[string]bool
	work *int // what is left of workMost
}

// resolve returns the tree with the variables of a case replaced.
func (r *row) resolve(n *node, p *problems) *node {
	if n == nil {
		return nil
	}
	if *r.work <= 0 {
		p.add(n.line, n.column, "the cases make this scenario too large: their values, and how often they are used, multiply")
		return &node{kind: broken, line: n.line, column: n.column}
	}
	*r.work--
	switch n.kind {
	case scalar:
		return r.scalar(n, p)
	case list:
		out := *n
		out.items = make([]*node, len(n.items))
		for i, item := range n.items {
			out.items[i] = r.resolve(item, p)
		}
		return &out
	case mapping:
		out := *n
		out.pairs = make([]pair, len(n.pairs))
		for i, kv := range n.pairs {
			out.pairs[i] = pair{kv.key, r.resolve(kv.value, p)}
		}
		return &out
	}
	return n
}

// scalar replaces a value that is a variable by the variable's, whatever that
// is, and variables inside a text by their text.
func (r *row) scalar(n *node, p *problems) *node {
	if !strings.Contains(n.text, "$") {
		return n
	}
	if name := variable(n.text); name != "" && "$"+name == n.text {
		return r.value(n, name, p)
	}
	out := *n
	var text strings.Builder
	for rest := n.text; rest != ""; {
		before, after, found := strings.Cut(rest, "$")
		text.WriteString(before)
		if !found {
			break
		}
		name := variable("$" + after)
		switch {
		case strings.HasPrefix(after, "$"):
			text.WriteByte('$')
			rest = after[1:]
			continue
		case name == "":
			p.add(n.line, n.column, `a "$" is written "$$" if it is no variable`)
			return &node{kind: broken}
		}
		value := r.value(n, name, p)
		if value.kind == broken {
			return value
		}
		if value.kind != scalar {
			p.add(n.line, n.column, "$%s is %s, which cannot stand inside a text", name, value.kind)
			return &node{kind: broken}
		}
		text.WriteString(value.text)
		rest = after[len(name):]
	}
	out.text = text.String()
	return &out
}

// value returns what a variable stands for, at the place where it is used.
func (r *row) value(at *node, name string, p *problems) *node {
	r.used[name] = true
	found := r.node.get(name)
	if found == nil {
		var names []string
		if r.node != nil {
			for _, kv := range r.node.pairs {
				names = append(names, kv.key.text)
			}
		}
		p.add(at.line, at.column, "there is no variable $%s in the cases: %s", name, instead(name, names))
		return &node{kind: broken}
	}
	if *r.work -= found.size(); *r.work < 0 {
		return r.resolve(at, p)
	}
	out := *found
	out.line, out.column = at.line, at.column
	return &out
}

// size is about how much work a node makes.
func (n *node) size() int {
	size := 1 + len(n.text)/32
	for _, item := range n.items {
		size += item.size()
	}
	for _, kv := range n.pairs {
		size += kv.key.size() + kv.value.size()
	}
	return size
}

// variable returns the name of the variable that a text begins with.
func variable(text string) string {
	if !strings.HasPrefix(text, "$") {
		return ""
	}
	end := 1
	for end < len(text) && wordLetter(text[end]) {
		end++
	}
	return text[1:end]
}

func wordLetter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}

// caption is what tells a case from the others: its variables, but for those
// that begin with "_", which are what is expected.
func (r *row) caption() string {
	if r.node == nil {
		return ""
	}
	var parts []string
	for _, kv := range r.node.pairs {
		if !strings.HasPrefix(kv.key.text, "_") {
			parts = append(parts, kv.key.text+"="+flat(kv.value))
		}
	}
	return strings.Join(parts, ", ")
}

// flat writes a value in one line.
func flat(n *node) string {
	var parts []string
	switch n.kind {
	case scalar:
		return n.text
	case list:
		for _, item := range n.items {
			parts = append(parts, flat(item))
		}
	case mapping:
		for _, kv := range n.pairs {
			parts = append(parts, kv.key.text+":"+flat(kv.value))
		}
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, "+")
}

// rows returns the cases of a file; one without variables if it has none.
func rows(tree *node, p *problems) []*row {
	work := workMost
	cases := tree.get("cases")
	if cases == nil {
		return []*row{{used: map[string]bool{}, work: &work}}
	}
	if cases.kind != list || len(cases.items) == 0 {
		p.add(cases.line, cases.column, "cases are a list of mappings, at least one")
		return nil
	}
	var out []*row
	captions := map[string]int{}
	for _, item := range cases.items {
		if item.kind != mapping || len(item.pairs) == 0 {
			p.add(item.line, item.column, "a case is a mapping of variables to values")
			continue
		}
		for _, kv := range item.pairs {
			if variable("$"+kv.key.text) != kv.key.text {
				p.add(kv.key.line, kv.key.column, "%q is no name for a variable: letters, digits and _ only", kv.key.text)
			}
			unmixed(kv.value, p)
		}
		r := &row{node: item, used: map[string]bool{}, work: &work}
		if line := captions[r.caption()]; line > 0 {
			p.add(item.line, item.column, `this case cannot be told from the one on line %d: a variable whose name does not begin with "_" must differ`, line)
		}
		captions[r.caption()] = item.line
		out = append(out, r)
	}
	return out
}

// unmixed refuses variables in the value of a variable.
func unmixed(n *node, p *problems) {
	if n.kind == scalar && strings.Contains(n.text, "$") {
		p.add(n.line, n.column, `the value of a variable holds no "$"`)
	}
	for _, item := range n.items {
		unmixed(item, p)
	}
	for _, kv := range n.pairs {
		unmixed(kv.value, p)
	}
}

// unused finds variables that no place uses.
func (r *row) unused(p *problems) {
	if r.node == nil {
		return
	}
	for _, kv := range r.node.pairs {
		if name := kv.key.text; !r.used[name] && variable("$"+name) == name {
			p.add(kv.key.line, kv.key.column, "the variable $%s is never used", name)
		}
	}
}
