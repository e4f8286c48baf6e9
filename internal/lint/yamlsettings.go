package lint

import (
	"path"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// sysctls reads the value of a key of that name: a mapping or a list of
// "key=value" is compose's, a list of name and value is Kubernetes'.
func (w *walker) sysctls(n ast.Node, in context) {
	add := func(at ast.Node, key, value string, by By) {
		if !strings.ContainsAny(key, "./") {
			return // a schema that describes such a field
		}
		w.text.Assignments = append(w.text.Assignments, Assignment{
			Place: Place{w.text.File, w.line(at)}, Key: Canonical(strings.TrimSpace(key)), Value: strings.TrimSpace(value),
			By: by, Scope: in.scope, HostNetwork: in.host, Open: strings.Contains(value, "${") || strings.Contains(value, "{{"),
		})
	}
	n = w.bare(n)
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		for _, p := range w.pairs(n, 0) {
			if value, ok := w.scalar(p.value); ok {
				add(p.value, p.key, value, ByCompose)
			}
		}
		return
	}
	for _, item := range list.Values {
		if text, ok := w.scalar(item); ok {
			key, value, _ := strings.Cut(text, "=")
			add(item, key, value, ByCompose)
			continue
		}
		pairs := w.pairs(w.bare(item), 0)
		if name := w.find(pairs, "name"); name != "" {
			add(item, name, w.find(pairs, "value"), ByKubernetes)
		}
	}
}

// task reads the arguments of ansible's sysctl module.
func (w *walker) task(n ast.Node) {
	pairs := w.pairs(w.bare(n), 0)
	name, value := w.find(pairs, "name"), w.find(pairs, "value")
	if name == "" {
		name = w.find(pairs, "key")
	}
	if name == "" || w.find(pairs, "state") == "absent" {
		return
	}
	w.text.Assignments = append(w.text.Assignments, Assignment{
		Place: Place{w.text.File, w.line(pairs[0].value)}, Key: Canonical(name), Value: value,
		By: ByAnsible, Open: strings.Contains(name+value, "{{"),
	})
}

// carried is a file of sysctl inside YAML.
func (w *walker) carried(n ast.Node, name string) {
	text, ok := w.scalar(n)
	if !ok {
		return
	}
	w.take(ParseConf(w.text.File, []byte(text)), w.line(w.bare(n)), "file "+name, false)
}

// words is a command as a list of words: ["sysctl", "-w", "…"].
func (w *walker) words(n *ast.SequenceNode, in context) bool {
	s := script{text: Text{File: w.text.File}}
	for i, item := range n.Values {
		if text, ok := w.scalar(item); !ok || path.Base(text) != "sysctl" {
			continue
		}
		var args []word
		for _, arg := range n.Values[i+1:] {
			text, _ := w.scalar(arg)
			args = append(args, word{w.line(w.bare(arg)), text, strings.Contains(text, "$(")})
		}
		s.sysctl(args, "")
		w.take(s.text, 1, in.scope, in.host)
		return true
	}
	return false
}

// script is a scalar that may hold shell commands.
func (w *walker) script(n ast.Node, in context) {
	if text, _ := w.scalar(n); speaks(text) {
		w.take(ParseShell(w.text.File, []byte(text)), w.line(n), in.scope, in.host)
	}
}

// take adds what was read of an inner text whose first line is line no.
func (w *walker) take(inner Text, no int, scope string, host bool) {
	for _, a := range inner.Assignments {
		a.Line += no - 1
		if a.Scope == "" {
			a.Scope = scope
		}
		a.HostNetwork = a.HostNetwork || host
		w.text.Assignments = append(w.text.Assignments, a)
	}
	for _, p := range inner.Problems {
		p.Line += no - 1
		w.text.Problems = append(w.text.Problems, p)
	}
}
