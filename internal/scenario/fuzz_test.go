package scenario

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// catalogue returns the files of all claims.
func catalogue(t testing.TB) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("../claims/catalogue/*.yaml")
	if err != nil || paths == nil {
		t.Fatal("no files", err)
	}
	out := map[string]string{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(path)] = string(text)
	}
	return out
}

// FuzzParse wants no panic, errors that can be shown, and steps that can be
// told, of any input.
func FuzzParse(f *testing.F) {
	named := regexp.MustCompile(`(?m)^name: .*$`)
	for _, text := range catalogue(f) {
		f.Add(named.ReplaceAllString(text, "name: x"))
	}
	mistakes, err := filepath.Glob("testdata/mistakes/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range append(mistakes, "testdata/everything.yaml") {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for block := range strings.SplitSeq(string(text), "====\n") {
			input, _, _ := strings.Cut(block, "----\n")
			f.Add(whole(named.ReplaceAllString(input, "name: x")))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse("x.yaml", []byte(text))
		if err != nil {
			checkError(t, text, err)
			return
		}
		if len(file.Plays()) == 0 || file.Name != "x" || file.Claim == "" {
			t.Errorf("accepted: %+v", file)
		}
		checkPlays(t, file)
		if file.Mutant == nil {
			return
		}
		mutant, err := file.Mutated()
		if err != nil {
			t.Fatalf("the mutant that Parse accepted: %v", err)
		}
		checkPlays(t, mutant)
	})
}

func checkError(t *testing.T, text string, err error) {
	t.Helper()
	var first *Error
	if !errors.As(err, &first) {
		t.Errorf("no *Error: %v", err)
		return
	}
	lines := strings.Count(text, "\n") + strings.Count(text, "\r") + 1
	if first.File != "x.yaml" || first.Line < 1 || first.Line > lines || first.Column < 1 || first.Text == "" {
		t.Errorf("%+v in %d lines", first, lines)
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if strings.IndexFunc(line, func(c rune) bool { return !unicode.IsPrint(c) }) >= 0 {
			t.Errorf("not printable: %q", line)
		}
	}
}

func checkPlays(t *testing.T, f *File) {
	t.Helper()
	for _, p := range f.Plays() {
		if len(p.Hosts) == 0 || len(p.Steps) == 0 {
			t.Errorf("nothing to play: %+v", p)
		}
		for _, s := range p.Steps {
			if s.Line < 1 || s.Action == nil || s.String() == "" {
				t.Errorf("a step without an action: %+v", s)
			}
		}
	}
}
