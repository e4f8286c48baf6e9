package scenario

import (
	"errors"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds of a file. They keep hostile input from costing more than a moment.
const (
	bytesMost = 1 << 20
	depthMost = 16
)

// kind is what a node is.
type kind string

const (
	scalar  kind = "a value"
	list    kind = "a list"
	mapping kind = "a mapping"
	nothing kind = "nothing"
)

// node is a piece of the file with its place. Nodes are never changed once
// they are read: variables and mutants make new ones.
type node struct {
	kind         kind
	line, column int
	text         string // of a scalar
	items        []*node
	pairs        []pair
}

type pair struct{ key, value *node }

// get returns the value of a key, or nil.
func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	for _, p := range n.pairs {
		if p.key.text == key {
			return p.value
		}
	}
	return nil
}

// readTree reads YAML. It takes no more of the language than a scenario needs:
// anchors, aliases, tags and several documents are refused.
func readTree(data []byte, p *problems) *node {
	if len(data) > bytesMost {
		p.add(1, 1, "the file is longer than %d bytes", bytesMost)
		return nil
	}
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	var wrong *yaml.SyntaxError
	switch {
	case errors.As(err, &wrong) && wrong.Token != nil:
		p.add(wrong.Token.Position.Line, wrong.Token.Position.Column, "this is no YAML: %s", wrong.Message)
		return nil
	case err != nil:
		p.add(1, 1, "this is no YAML: %v", err)
		return nil
	}
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			at := place(doc.Body)
			p.add(at.Line, at.Column, "a file holds one scenario: there is a second document")
			return nil
		}
		body = doc.Body
	}
	if body == nil {
		p.add(1, 1, "the file is empty")
		return nil
	}
	r := reader{p}
	return r.node(body, 0)
}

// place returns where a node begins.
func place(n ast.Node) token.Position {
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		n = m.Values[0]
	}
	if v, ok := n.(*ast.MappingValueNode); ok {
		n = v.Key
	}
	t := n.GetToken()
	if t == nil || t.Position == nil {
		return token.Position{Line: 1, Column: 1}
	}
	return *t.Position
}

// reader turns the syntax tree of the library into nodes.
type reader struct{ p *problems }

func (r reader) node(n ast.Node, depth int) *node {
	at := place(n)
	out := &node{line: at.Line, column: at.Column, kind: scalar}
	if depth > depthMost {
		r.p.add(at.Line, at.Column, "this is nested too deep")
		return out
	}
	switch n := n.(type) {
	case *ast.NullNode:
		out.kind = nothing
	case *ast.StringNode:
		out.text = n.Value
	case *ast.LiteralNode:
		out.text = n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		out.text = n.GetToken().Value
	case *ast.SequenceNode:
		out.kind = list
		for _, item := range n.Values {
			out.items = append(out.items, r.node(item, depth+1))
		}
	case *ast.MappingNode:
		r.pairs(out, n.Values, depth)
	case *ast.MappingValueNode:
		r.pairs(out, []*ast.MappingValueNode{n}, depth)
	default:
		r.p.add(at.Line, at.Column, "a scenario has no use for YAML's %s", n.Type())
	}
	return out
}

func (r reader) pairs(out *node, values []*ast.MappingValueNode, depth int) {
	out.kind = mapping
	for _, v := range values {
		key := r.node(v.Key, depth+1)
		if key.kind != scalar {
			r.p.add(key.line, key.column, "a key must be a word")
			continue
		}
		if out.get(key.text) != nil {
			r.p.add(key.line, key.column, "key %q stands here twice", key.text)
			continue
		}
		value := &node{kind: nothing, line: key.line, column: key.column}
		if v.Value != nil {
			value = r.node(v.Value, depth+1)
		}
		out.pairs = append(out.pairs, pair{key, value})
	}
}
