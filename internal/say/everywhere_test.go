package say_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// message is a text in both languages, somewhere in the source.
type message struct {
	at     token.Position
	en, zh string
	format bool
}

// messages finds all texts of a file: calls of F, and literals of Text.
func messages(set *token.FileSet, file *ast.File) (all []message) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.CallExpr:
			f, ok := x.Fun.(*ast.SelectorExpr)
			if !ok || f.Sel.Name != "F" || len(x.Args) < 2 {
				return true
			}
			en, ok1 := literal(x.Args[0])
			zh, ok2 := literal(x.Args[1])
			if ok1 != ok2 {
				all = append(all, message{at: set.Position(x.Pos()), en: en, zh: zh})
			} else if ok1 {
				all = append(all, message{set.Position(x.Pos()), en, zh, len(x.Args) > 2})
			}
		case *ast.CompositeLit:
			if name := fmt.Sprint(x.Type); name != "&{say Text}" && name != "Text" || len(x.Elts) == 0 {
				return true
			}
			m := message{at: set.Position(x.Pos())}
			known := true
			for _, e := range x.Elts {
				pair, ok := e.(*ast.KeyValueExpr)
				if !ok {
					known = false
					continue
				}
				text, ok := literal(pair.Value)
				known = known && ok
				if fmt.Sprint(pair.Key) == "EN" {
					m.en = text
				} else {
					m.zh = text
				}
			}
			if known {
				all = append(all, m)
			}
		}
		return true
	})
	return all
}

// literal is the value of a constant string, also of one in several parts.
func literal(e ast.Expr) (string, bool) {
	switch x := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(x.Value)
		return text, err == nil && x.Kind == token.STRING
	case *ast.BinaryExpr:
		a, ok1 := literal(x.X)
		b, ok2 := literal(x.Y)
		return a + b, ok1 && ok2 && x.Op == token.ADD
	}
	return "", false
}

var verb = regexp.MustCompile(`%(?:\[(\d+)\])?[-+# 0]*[\d.]*([a-zA-Z%])`)

// verbs lists what a format does with each argument.
func verbs(format string) []string {
	var all []string
	next := 1
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		if m[2] == "%" {
			continue
		}
		if m[1] != "" {
			next, _ = strconv.Atoi(m[1])
		}
		all = append(all, fmt.Sprint(next, m[2]))
		next++
	}
	slices.Sort(all)
	return all
}

// letters is what is left of a text that is only names, whatever parts them.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && unicode.IsLetter(r) {
			return r
		}
		return -1
	}, text)
}

// problem says what is wrong with a message; "" if nothing is.
func problem(m message) string {
	word := regexp.MustCompile(`[a-z]{3,}`)
	han := strings.ContainsFunc(m.zh, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	punctuation := strings.TrimFunc(m.zh, unicode.IsPunct) == "" || strings.TrimSpace(m.zh) == "、"
	switch {
	case m.en == "" || m.zh == "":
		return "one of the languages is missing"
	case strings.ContainsFunc(m.en, func(r rune) bool { return unicode.Is(unicode.Han, r) }):
		return "the English has Han characters"
	case word.MatchString(verb.ReplaceAllString(m.en, "")) && !han && !punctuation && letters(m.en) != letters(m.zh):
		return "the Chinese has no Han characters"
	case m.format && !slices.Equal(verbs(m.en), verbs(m.zh)):
		return fmt.Sprintf("the arguments differ: %v and %v", verbs(m.en), verbs(m.zh))
	}
	return ""
}

func TestEveryMessageIsInBothLanguages(t *testing.T) {
	found := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, m := range messages(set, file) {
			found++
			if wrong := problem(m); wrong != "" {
				t.Errorf("%v: %s:\n%s\n%s", m.at, wrong, m.en, m.zh)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 100 {
		t.Errorf("only %d messages were found: does the search still know them?", found)
	}
}

func TestAMessageThatLacksALanguageIsFound(t *testing.T) {
	const source = `package x
func f() {
	_ = say.F("%d of %s", "%s 的 %d", 1, "a")
	_ = say.F("good %d of %s", "好 %[2]s 的 %[1]d", 1, "a")
	_ = l.F("missing", "")
	_ = l.F("not translated", "not translated either")
	_ = say.Text{EN: "alone"}
	_ = say.Text{EN: "fine", ZH: "好"}
}`
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "x.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	var wrong []int
	for _, m := range messages(set, file) {
		if problem(m) != "" {
			wrong = append(wrong, m.at.Line)
		}
	}
	if fmt.Sprint(wrong) != "[3 5 6 7]" {
		t.Errorf("wrong are lines %v", wrong)
	}
}
