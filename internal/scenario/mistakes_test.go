package scenario

import (
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what is wanted anew")

// mistake is a scenario that is wrong, and what Parse says of it.
type mistake struct{ input, says string }

// mistakes reads a file of testdata/mistakes: blocks between lines of "====",
// each an input, a line of "----" and the errors.
func mistakes(t *testing.T, path string) (out []mistake) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for block := range strings.SplitSeq(string(text), "====\n") {
		input, says, _ := strings.Cut(block, "----\n")
		out = append(out, mistake{input, says})
	}
	return out
}

func mistakeFiles(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/mistakes/*.txt")
	if err != nil || paths == nil {
		t.Fatal("no files", err)
	}
	return paths
}

// whole completes a scenario by the parts that it does not have, after its
// own, so that lines are counted as they stand in the block. One whose first
// line begins with "# whole" is left as it is.
func whole(input string) string {
	if strings.HasPrefix(input, "# whole") {
		return input
	}
	for _, part := range []string{
		"name: x\n",
		"claim: It is so.\n",
		"hosts: {k: {}, r: raw, other: {}}\n",
		"links: [{k: 10.0.0.1/24, r: 10.0.0.2/24}, {k: 10.0.1.1/24, other: 10.0.1.2/24}]\n",
		"programs:\n" +
			"  app: {on: k, run: calls}\n" +
			"  far: {on: r, run: calls}\n" +
			"  web: {on: k, run: echo-server, listen: 10.0.0.1:80}\n",
		"steps: [{wait: 1s, label: begin}]\n",
	} {
		key, _, _ := strings.Cut(part, ":")
		if !strings.HasPrefix(input, key+":") && !strings.Contains(input, "\n"+key+":") {
			input += part
		}
	}
	return input
}

func TestEveryMistakeIsToldWithItsPlaceAndInKindWords(t *testing.T) {
	for _, path := range mistakeFiles(t) {
		var written []string
		for _, m := range mistakes(t, path) {
			_, err := Parse("x.yaml", []byte(whole(m.input)))
			if err == nil {
				t.Errorf("%s: nothing is wrong with\n%s", path, m.input)
				continue
			}
			got := err.Error() + "\n"
			written = append(written, m.input+"----\n"+got)
			if diff := cmp.Diff(m.says, got); diff != "" && !*update {
				t.Errorf("%s: of\n%s(-want +got)\n%s", path, m.input, diff)
			}
		}
		if *update {
			if err := os.WriteFile(path, []byte(strings.Join(written, "====\n")), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestNoErrorMessageIsUntested finds the format of each message in the code,
// and wants one in testdata/mistakes that was made by it.
func TestNoErrorMessageIsUntested(t *testing.T) {
	var all strings.Builder
	for _, path := range mistakeFiles(t) {
		for _, m := range mistakes(t, path) {
			all.WriteString(m.says)
		}
	}
	// These need a file that is too large to stand among the mistakes.
	all.WriteString(": the file is longer than 32 KiB\n: " + tooLarge + "\n")
	verb := regexp.MustCompile(`%[a-z]`)
	for _, format := range messages(t) {
		pattern := verb.ReplaceAllString(regexp.QuoteMeta(format), ".*")
		if !regexp.MustCompile(`(?m): ` + pattern + `$`).MatchString(all.String()) {
			t.Errorf("no mistake gives %q", format)
		}
	}
}

// messages returns the format strings that are given to wrong and add.
func messages(t *testing.T) (out []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(path, "_test.go") || path == "describe.go" {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if name, ok := call.Fun.(*ast.SelectorExpr); ok && (name.Sel.Name == "wrong" || name.Sel.Name == "add") {
				out = append(out, literals(call.Args)...)
			}
			return true
		})
	}
	if len(out) < 50 {
		t.Fatalf("only %d messages found", len(out))
	}
	return out
}

func literals(args []ast.Expr) (out []string) {
	for _, arg := range args {
		if lit, ok := arg.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			text, err := strconv.Unquote(lit.Value)
			if err == nil && strings.Contains(text, " ") {
				out = append(out, text)
			}
		}
	}
	return out
}

func TestErrorsAreFoundByTheirTypeAndCounted(t *testing.T) {
	var steps strings.Builder
	for i := range 300 {
		fmt.Fprintf(&steps, "  - {wait: %d}\n", i+1)
	}
	_, err := Parse("dir/x.yaml", []byte("name: x\nclaim: c\nhosts: {a: {}}\nsteps:\n"+steps.String()))
	var first *Error
	if !errors.As(err, &first) || *first != (Error{"dir/x.yaml", 5, 12, `"1" has no unit: is it "1s", or "1ms"?`}) {
		t.Fatalf("%+v", first)
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 21 || lines[20] != "and 280 more" {
		t.Fatalf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}

func TestWhatATerminalWouldObeyIsEscapedInErrors(t *testing.T) {
	for _, text := range []string{"name: \"\\e[2J\"\n", "\x1b[2J: x\n", "name: [\x1b[2J\n", "hosts: {\"\\e[2J\": raw}\n", "steps: [{wait: \"\\u202e\"}]\n"} {
		_, err := Parse("x.yaml", []byte(text))
		if err == nil || strings.ContainsAny(err.Error(), "\x1b\u202e") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

const tooLarge = "the cases make this scenario too large: their values, and how often they are used, multiply"

func TestCasesCannotMultiplyWithoutBound(t *testing.T) {
	head := "name: x\nclaim: c\nhosts: {a: {}}\n"
	many := head + "cases:\n" + cases(800) + "steps:\n" + strings.Repeat("  - {wait: $a}\n", 800)
	long := head + "cases: [{a: " + strings.Repeat("x", 12<<10) + "}]\nsteps: [{wait: " + strings.Repeat("$a", 8<<10) + "}]\n"
	for _, text := range []string{many, long} {
		_, err := Parse("x.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), tooLarge) {
			t.Errorf("%.300v", err)
		}
	}
}

func cases(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, "  - {a: %dms}\n", i)
	}
	return out.String()
}

func TestFilesThatAreEmptyOrTooLongAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "x.yaml:1:1: the file is empty",
		"\n\n":                         "x.yaml:1:1: the file is empty",
		"---\n":                        "x.yaml:1:1: the file is empty",
		strings.Repeat("#\n", 1<<14+1): "x.yaml:1:1: the file is longer than 32 KiB",
	} {
		if _, err := Parse("x.yaml", []byte(text)); err == nil || err.Error() != want {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}
