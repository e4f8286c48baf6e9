package rules_test

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/linger-dev/linger/internal/rule"
	_ "github.com/linger-dev/linger/internal/rule/ruletest" // so that -update can be given to all packages of rules at once
	"github.com/linger-dev/linger/internal/rules"
)

func TestEveryRuleExplainsItself(t *testing.T) {
	for _, r := range rules.All() {
		t.Run(string(r.Code), func(t *testing.T) {
			if r.Title.Empty() || r.Why.Empty() || len(r.References) == 0 || r.Check == nil {
				t.Error("title, why, references or check is missing")
			}
			if !strings.HasSuffix(r.Why.EN, ".") || !strings.HasSuffix(r.Why.ZH, "。") {
				t.Error("the explanation is not made of sentences")
			}
			if (len(r.Helps) == 0) == r.NoHelp.Empty() {
				t.Error("it must either say what helps, or why nothing is needed")
			}
			if len(r.NotHelp) == 0 {
				t.Error("it does not say what fails to help")
			}
			for _, a := range slices.Concat(r.Helps, r.NotHelp) {
				if a.Do.Empty() || a.Because.Empty() {
					t.Errorf("advice without a deed or a reason: %+v", a)
				}
			}
		})
	}
}

func TestCodesAreTheNamesOfTheFolders(t *testing.T) {
	var codes, folders []string
	for _, r := range rules.All() {
		codes = append(codes, string(r.Code))
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			folders = append(folders, e.Name())
		}
	}
	slices.Sort(codes)
	if !slices.Equal(codes, folders) {
		t.Errorf("rules %v, folders %v", codes, folders)
	}
}

func TestEveryRuleHasEvidenceThatFiresAndThatIsSilent(t *testing.T) {
	for _, r := range rules.All() {
		for _, kind := range []string{"fires", "silent"} {
			files, err := filepath.Glob(filepath.Join(string(r.Code), "testdata", kind+"_*.json"))
			if err != nil || len(files) < 2 {
				t.Errorf("%s: %d %s cases, %v", r.Code, len(files), kind, err)
			}
		}
	}
}

// A silenced rule that silences its cause would hide both.
func TestSilencingNamesKnownRulesAndHasNoCircle(t *testing.T) {
	silences := map[rule.Code][]rule.Code{}
	for _, r := range rules.All() {
		silences[r.Code] = r.Silences
	}
	var walk func(code rule.Code, path []rule.Code)
	walk = func(code rule.Code, path []rule.Code) {
		if slices.Contains(path, code) {
			t.Fatalf("circle: %v, %s", path, code)
		}
		next, known := silences[code]
		if !known {
			t.Fatalf("%v silences %s, which is no rule", path, code)
		}
		for _, n := range next {
			walk(n, append(slices.Clone(path), code))
		}
	}
	for code := range silences {
		walk(code, nil)
	}
}

// Rules are judged from recordings and on the twin's future: one that could
// look at the machine would give another answer there.
func TestRulesSeeNothingButEvidence(t *testing.T) {
	const module = "github.com/linger-dev/linger/internal/"
	allowed := []string{
		"cmp", "fmt", "maps", "math", "net/netip", "slices", "strings", "time",
		module + "evidence", module + "portspace", module + "rule", module + "say", module + "tcp",
	}
	files, err := filepath.Glob("*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range file.Imports {
			if path, _ := strconv.Unquote(i.Path.Value); !slices.Contains(allowed, path) {
				t.Errorf("%s imports %s: rules are pure functions of evidence", name, path)
			}
		}
	}
}
