package cli

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// model is the command line's own description of itself.
func model(t *testing.T) *kong.Application {
	t.Helper()
	parser, err := newParser(&program{out: t.Output(), err: t.Output()}, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	return parser.Model
}

func TestTheManualNamesEveryCommandAndFlag(t *testing.T) {
	app := model(t)
	page := manual(app)
	for _, n := range visible(app) {
		if !strings.Contains(page, ".SS linger "+roff(n.Name)) {
			t.Errorf("no section for %s", n.Name)
		}
		for _, f := range slices.Concat(app.Flags, n.Flags) {
			if !strings.Contains(page, `\fB\-\-`+roff(f.Name)+`\fR`) {
				t.Errorf("no --%s of %s", f.Name, n.Name)
			}
		}
	}
	for _, line := range strings.Split(page, "\n") {
		if strings.HasPrefix(line, "'") {
			t.Errorf("the formatter takes this line for a request: %q", line)
		}
	}
}

func TestCompletionsOfferEveryCommandFlagAndChoice(t *testing.T) {
	app := model(t)
	for _, shell := range []string{"bash", "zsh", "fish"} {
		var out bytes.Buffer
		if err := (&completionCmd{Shell: shell}).Run(&program{out: &out}); err != nil {
			t.Fatal(err)
		}
		for _, n := range visible(app) {
			wants := []string{n.Name}
			for _, f := range n.Flags {
				wants = append(append(wants, f.Name), values(f)...)
			}
			for _, arg := range n.Positional {
				wants = append(wants, strings.Split(arg.Tag.Enum, ",")...)
			}
			for _, want := range wants {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%s: no %q of %s", shell, want, n.Name)
				}
			}
		}
		if strings.Contains(out.String(), "workload") {
			t.Errorf("%s offers a hidden command", shell)
		}
	}
}
