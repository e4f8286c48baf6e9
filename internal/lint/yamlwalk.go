package lint

import (
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// walker looks for settings in a tree of YAML.
type walker struct {
	text    *Text
	before  int // lines before the document
	anchors map[string]ast.Node
}

// context is what the mappings above say about a node.
type context struct {
	scope string // "service web", "Deployment web"
	host  bool   // shares the host's network namespace
}

// pair is an entry of a mapping.
type pair struct {
	key   string
	value ast.Node
}

// bare takes off anchors and tags, and follows aliases.
func (w *walker) bare(n ast.Node) ast.Node {
	for range depthMost {
		switch v := n.(type) {
		case *ast.AnchorNode:
			w.anchors[v.Name.String()] = v.Value
			n = v.Value
		case *ast.TagNode:
			n = v.Value
		case *ast.AliasNode:
			n = w.anchors[v.Value.String()]
		default:
			return n
		}
	}
	return nil // aliases that lead in a circle
}

// pairs returns the entries of a mapping, those merged in by << first.
func (w *walker) pairs(n ast.Node, depth int) (list []pair) {
	var values []*ast.MappingValueNode
	switch v := n.(type) {
	case *ast.MappingNode:
		values = v.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{v}
	}
	for _, v := range values {
		if _, merge := v.Key.(*ast.MergeKeyNode); merge && depth < depthMost {
			list = append(w.pairs(w.bare(v.Value), depth+1), list...)
			continue
		}
		key, _ := w.scalar(v.Key)
		list = append(list, pair{key, v.Value})
	}
	return list
}

// scalar returns the text of a scalar.
func (w *walker) scalar(n ast.Node) (string, bool) {
	switch v := w.bare(n).(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.LiteralNode:
		return v.Value.Value, true
	case *ast.NullNode, nil:
		return "", false
	case ast.ScalarNode:
		return v.GetToken().Value, true
	}
	return "", false
}

// line returns the line of a node in the file. The text of a block scalar
// begins on the line after its mark.
func (w *walker) line(n ast.Node) int {
	if n == nil || n.GetToken() == nil {
		return w.before + 1
	}
	no := w.before + n.GetToken().Position.Line
	if _, block := n.(*ast.LiteralNode); block {
		no = w.before + n.(*ast.LiteralNode).Start.Position.Line + 1
	}
	return no
}

// find returns the scalar of a key.
func (w *walker) find(pairs []pair, key string) string {
	for _, p := range pairs {
		if p.key == key {
			text, _ := w.scalar(p.value)
			return text
		}
	}
	return ""
}

func (w *walker) walk(n ast.Node, in context, depth int) {
	if depth > depthMost {
		return
	}
	if _, alias := n.(*ast.AliasNode); alias {
		return // what it means is read where it stands
	}
	switch v := w.bare(n).(type) {
	case *ast.SequenceNode:
		if w.words(v, in) {
			return
		}
		for _, item := range v.Values {
			w.walk(item, in, depth+1)
		}
	case *ast.MappingNode, *ast.MappingValueNode:
		w.mapping(w.pairs(v, 0), in, depth)
	case *ast.StringNode, *ast.LiteralNode:
		w.script(v, in)
	}
}

func (w *walker) mapping(pairs []pair, in context, depth int) {
	if kind := w.find(pairs, "kind"); kind != "" {
		for _, p := range pairs {
			if p.key == "metadata" {
				in.scope = strings.TrimSpace(kind + " " + w.find(w.pairs(w.bare(p.value), 0), "name"))
			}
		}
	}
	in.host = in.host || w.find(pairs, "hostNetwork") == "true" || w.find(pairs, "network_mode") == "host"
	for _, p := range pairs {
		switch {
		case p.key == "sysctls":
			w.sysctls(p.value, in)
		case p.key == "sysctl" || strings.HasSuffix(p.key, ".sysctl"):
			w.task(p.value)
			w.walk(p.value, in, depth+1)
		case p.key == "content" && isSysctlFile(w.find(pairs, "path")), isSysctlFile(p.key):
			w.carried(p.value, p.key)
		case p.key == "services":
			for _, service := range w.pairs(w.bare(p.value), 0) {
				w.walk(service.value, context{scope: "service " + service.key}, depth+2)
			}
		default:
			w.walk(p.value, in, depth+1)
		}
	}
}
