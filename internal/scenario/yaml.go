package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds of a file. They keep hostile input from costing more than a moment:
// the library needs time that grows with the square of either.
const (
	bytesMost = 32 << 10
	depthMost = 16
)

// readTree reads YAML. It takes no more of the language than a scenario needs:
// anchors, aliases, tags and several documents are refused.
func readTree(data []byte, p *problems) *node {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if len(data) > bytesMost {
		p.add(1, 1, "the file is longer than %d KiB", bytesMost>>10)
		return nil
	}
	tokens := lexer.Tokenize(string(data))
	r := reader{p: p}
	for line := range strings.SplitSeq(string(data), "\n") {
		r.lines = append(r.lines, []rune(line))
	}
	if deep := tooDeep(tokens); deep != nil {
		p.add(deep.Line, deep.Column, "this is nested more than %d deep", depthMost)
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	var wrong *yaml.SyntaxError
	switch {
	case errors.As(err, &wrong) && wrong.Token != nil:
		at := wrong.Token.Position
		p.add(at.Line, at.Column, "this is no YAML: %s", r.advice(at, wrong.Message))
		return nil
	case err != nil:
		p.add(1, 1, "this is no YAML: %v", err)
		return nil
	}
	return r.root(file)
}

// tooDeep returns where flow collections are nested too deep, before the
// library spends a long time on them.
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

// reader turns the syntax tree of the library into nodes.
type reader struct {
	p     *problems
	lines [][]rune
}

// root returns the one mapping that the file is.
func (r reader) root(file *ast.File) *node {
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if _, ok := doc.Body.(*ast.DirectiveNode); !ok && body != nil {
			at := place(doc.Body)
			r.p.add(at.Line, at.Column, "a file holds one scenario: there is a second document")
			return nil
		}
		if body = doc.Body; body.Type() == ast.DirectiveType {
			break
		}
	}
	if body == nil {
		r.p.add(1, 1, "the file is empty")
		return nil
	}
	tree := r.node(body, 0)
	switch {
	case tree.kind == nothing:
		r.p.add(tree.line, tree.column, "the file is empty")
	case tree.kind != mapping && tree.kind != broken:
		r.p.add(tree.line, tree.column, "a scenario is a mapping of keys to values, not %s", tree.kind)
	}
	return tree
}

// rest returns the line from a place on; columns count characters.
func (r reader) rest(line, column int) []rune {
	if line < 1 || line > len(r.lines) || column < 1 || column > len(r.lines[line-1]) {
		return nil
	}
	return r.lines[line-1][column-1:]
}

// advice is what the library says, or in better words what is wrong if it is one of
// the things that happen to everybody.
func (r reader) advice(at *token.Position, message string) string {
	rest, line := string(r.rest(at.Line, at.Column)), string(r.rest(at.Line, 1))
	switch {
	case strings.Contains(message, "tab character") || strings.HasPrefix(rest, "\t"):
		return "a tab stands here, where only spaces can"
	case strings.HasPrefix(rest, ">"):
		end := strings.IndexAny(rest, ",}\r")
		if end < 0 {
			end = len(rest)
		}
		return fmt.Sprintf("what begins with > needs quotes: %q", strings.TrimSpace(rest[:end]))
	case strings.Contains(line, "]:"):
		return `an address in brackets needs quotes, such as "[fd00::1]:80"`
	case strings.HasPrefix(message, "mapping value is not allowed") && strings.Contains(rest, ": "):
		return `a text with ": " in it needs quotes`
	case strings.HasPrefix(message, "mapping value is not allowed"):
		return "what follows this is indented too far"
	}
	return message
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

func (r reader) node(n ast.Node, depth int) *node {
	at := place(n)
	out := &node{line: at.Line, column: at.Column, kind: scalar}
	if depth > depthMost {
		r.p.add(at.Line, at.Column, "this is nested more than %d deep", depthMost)
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
		r.p.add(at.Line, at.Column, "a scenario has no use for %s", foreign(n))
		out.kind = broken
	}
	return out
}

// foreign names what YAML has and scenarios have not.
func foreign(n ast.Node) string {
	switch n.Type() {
	case ast.AnchorType:
		return "YAML's anchors (&)"
	case ast.AliasType:
		return "YAML's aliases (*)"
	case ast.TagType:
		return "YAML's tags (!)"
	case ast.MergeKeyType:
		return "YAML's merge keys (<<)"
	case ast.MappingKeyType:
		return "YAML's long keys (?)"
	case ast.DirectiveType:
		return "YAML's directives (%)"
	}
	return fmt.Sprintf("YAML's %s", n.Type())
}

func (r reader) pairs(out *node, values []*ast.MappingValueNode, depth int) {
	out.kind = mapping
	known := map[string]bool{}
	for _, v := range values {
		key := r.node(v.Key, depth+1)
		switch {
		case key.kind == broken:
			continue
		case key.kind != scalar:
			r.p.add(key.line, key.column, "a key must be a word")
			continue
		case known[key.text]:
			r.p.add(key.line, key.column, "the key %q stands here twice", key.text)
			continue
		}
		known[key.text] = true
		value := &node{kind: nothing}
		if v.Value != nil {
			value = r.node(v.Value, depth+1)
		}
		// A value that is left out has no place of its own.
		if rest := r.rest(value.line, value.column); value.kind == nothing && (len(rest) == 0 || !strings.ContainsRune("nN~", rest[0])) {
			value.line, value.column = key.line, key.column
		}
		out.pairs = append(out.pairs, pair{key, value})
	}
}
