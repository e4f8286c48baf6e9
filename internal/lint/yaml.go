package lint

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds of a YAML document, so that none costs more than a few seconds.
const (
	yamlMost  = 1 << 20 // bytes of a document that speaks of settings
	depthMost = 40
)

// ParseYAML reads what YAML says about settings: sysctls of compose services
// and of Kubernetes pods, tasks of ansible's sysctl module, files of sysctl
// that a ConfigMap or cloud-init carries, and shell commands. Documents that do
// not speak of settings are not parsed.
func ParseYAML(file string, data []byte) Text {
	lines, problems := split(file, data)
	t := Text{File: file, Problems: problems}
	first := 0
	for i := 0; i <= len(lines); i++ {
		if i < len(lines) && !strings.HasPrefix(lines[i].text, "---") {
			continue
		}
		t.document(lines[first:i])
		first = i
	}
	return t
}

// speaks reports whether a text may set something.
func speaks(text string) bool {
	return strings.Contains(text, "sysctl") || strings.Contains(text, "/proc/sys/")
}

func (t *Text) document(lines []line) {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.text + "\n")
	}
	if !speaks(b.String()) {
		return
	}
	fail := func(no int, what Message) {
		t.Problems = append(t.Problems, Problem{Place: Place{t.File, lines[0].no + no - 1}, What: what, Fatal: true})
	}
	if b.Len() > yamlMost {
		fail(1, sayf("the document is longer than %d KiB", "文档超过 %d KiB", yamlMost>>10))
		return
	}
	file, at, err := parseTree(b.String())
	if err != nil {
		fail(at, sayf("this is no YAML: %v", "这不是合法的 YAML：%v", err))
		return
	}
	w := walker{text: t, before: lines[0].no - 1, anchors: make(map[string]ast.Node)}
	for _, doc := range file.Docs {
		if doc.Body != nil {
			w.walk(doc.Body, context{}, 0)
		}
	}
}

// parseTree runs the library; at is the line of an error, from 1.
func parseTree(text string) (file *ast.File, at int, err error) {
	defer func() {
		if p := recover(); p != nil { // the library is known to fall over some inputs
			file, at, err = nil, 1, fmt.Errorf("the parser failed: %v", p)
		}
	}()
	tokens := lexer.Tokenize(text)
	depth := 0
	for _, tok := range tokens {
		switch tok.Type {
		case token.SequenceStartType, token.MappingStartType:
			if depth++; depth > depthMost {
				return nil, tok.Position.Line, fmt.Errorf("nested more than %d deep", depthMost)
			}
		case token.SequenceEndType, token.MappingEndType:
			depth--
		}
	}
	file, err = parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	var wrong *yaml.SyntaxError
	if errors.As(err, &wrong) && wrong.Token != nil {
		return nil, wrong.Token.Position.Line, errors.New(wrong.Message)
	}
	return file, 1, err
}
