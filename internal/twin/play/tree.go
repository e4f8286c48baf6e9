package play

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds of a file: the library needs time that grows with the square of either.
const (
	bytesMost = 32 << 10
	depthMost = 8
)

// node is a piece of a traffic file with its place. One without text, items and
// pairs stands for nothing.
type node struct {
	line, column int
	text         string
	items        []*node // nil: no list
	pairs        []pair  // nil: no mapping
	broken       bool    // its error was told
}

type pair struct{ key, value *node }

// get returns the value of a key, or nil.
func (n *node) get(key string) *node {
	for _, p := range n.pairs {
		if p.key.text == key {
			return p.value
		}
	}
	return nil
}

// Error is one thing that is wrong in a traffic file.
type Error struct {
	File         string
	Line, Column int    // counted from 1; columns are characters
	Text         string // printable
}

// Error returns "file:line:column: text".
func (e *Error) Error() string { return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Text) }

// problems collects what is wrong.
type problems struct {
	file string
	list []error
}

const errorsMost = 20

func (p *problems) add(n *node, format string, args ...any) {
	if n.broken || len(p.list) >= errorsMost {
		return
	}
	text := strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return '?'
	}, fmt.Sprintf(format, args...))
	p.list = append(p.list, &Error{p.file, max(n.line, 1), max(n.column, 1), text})
}

// readTree reads YAML, of which a file takes mappings, lists and values only.
func readTree(data []byte, p *problems) *node {
	if len(data) > bytesMost {
		p.add(&node{}, "the file is longer than %d KiB", bytesMost>>10)
		return nil
	}
	tokens := lexer.Tokenize(string(data))
	if deep := tooDeep(tokens); deep != nil {
		p.add(&node{line: deep.Line, column: deep.Column}, "this is nested more than %d deep", depthMost)
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	var wrong *yaml.SyntaxError
	switch {
	case errors.As(err, &wrong) && wrong.Token != nil:
		at := wrong.Token.Position
		p.add(&node{line: at.Line, column: at.Column}, "this is no YAML: %s", wrong.Message)
		return nil
	case err != nil:
		p.add(&node{}, "this is no YAML: %v", err)
		return nil
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		p.add(&node{}, "a file holds one document")
		return nil
	}
	tree := p.node(file.Docs[0].Body, 0)
	if tree.pairs == nil {
		p.add(tree, "traffic is a mapping of keys to values")
		return nil
	}
	return tree
}

// tooDeep returns where flow collections are nested too deep, before the library
// spends a long time on them.
func tooDeep(tokens token.Tokens) *token.Position {
	depth := 0
	for _, t := range tokens {
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			if depth++; depth > depthMost {
				return t.Position
			}
		case token.SequenceEndType, token.MappingEndType:
			depth = max(0, depth-1)
		}
	}
	return nil
}

// place returns where a node begins.
func place(n ast.Node) (line, column int) {
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		n = m.Values[0]
	}
	if v, ok := n.(*ast.MappingValueNode); ok {
		n = v.Key
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line, t.Position.Column
	}
	return 1, 1
}

func (p *problems) node(n ast.Node, depth int) *node {
	out := &node{}
	out.line, out.column = place(n)
	if depth > depthMost {
		p.add(out, "this is nested more than %d deep", depthMost)
		out.broken = true
		return out
	}
	switch n := n.(type) {
	case *ast.NullNode:
	case *ast.StringNode:
		out.text = n.Value
	case *ast.LiteralNode:
		out.text = n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		out.text = n.GetToken().Value
	case *ast.SequenceNode:
		out.items = []*node{}
		for _, item := range n.Values {
			out.items = append(out.items, p.node(item, depth+1))
		}
	case *ast.MappingNode:
		p.mapping(out, n.Values, depth)
	case *ast.MappingValueNode:
		p.mapping(out, []*ast.MappingValueNode{n}, depth)
	default:
		p.add(out, "traffic has no use for YAML's %s", n.Type())
		out.broken = true
	}
	return out
}

func (p *problems) mapping(out *node, values []*ast.MappingValueNode, depth int) {
	out.pairs = []pair{}
	for _, v := range values {
		key := p.node(v.Key, depth+1)
		value := p.node(v.Value, depth+1)
		switch {
		case key.items != nil || key.pairs != nil || key.text == "":
			p.add(key, "a key must be a word")
		case out.get(key.text) != nil:
			p.add(key, "the key %q stands here twice", key.text)
		default:
			out.pairs = append(out.pairs, pair{key, value})
		}
	}
}
