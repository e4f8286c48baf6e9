package scenario

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// addresses compares those of net/netip, which are compared by ==.
func addresses() cmp.Option {
	return cmpopts.EquateComparable(netip.Prefix{}, netip.AddrPort{})
}

func TestDistanceCountsMistakes(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"listen", "listen", 0},
		{"listne", "listen", 1},
		{"lissten", "listen", 1},
		{"listn", "listen", 1},
		{"lusten", "listen", 1},
		{"close", "abort", 4},
		{strings.Repeat("a", 65), "a", far},
	} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestDistanceIsSymmetricAndNoMoreThanTheLongerWord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringOfN(rapid.RuneFrom([]rune("abcé")), 0, 12, -1)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		d := distance(a, b)
		if d != distance(b, a) {
			t.Fatalf("%d one way, %d the other", d, distance(b, a))
		}
		if (d == 0) != (a == b) {
			t.Fatalf("%d", d)
		}
		if d > max(len(a), len(b)) || d < max(len(a), len(b))-min(len(a), len(b)) {
			t.Fatalf("%d", d)
		}
	})
}

func TestNearestDoesNotDependOnTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := verbNames()
		wrong := rapid.StringOfN(rapid.RuneFrom([]rune("abcdelnorstuw")), 1, 8, -1).Draw(t, "wrong")
		want := instead(wrong, words)
		if got := instead(wrong, rapid.Permutation(words).Draw(t, "words")); got != want {
			t.Fatalf("%s, %s", got, want)
		}
	})
}

// An empty change leaves each claim as it is.
func TestAMutantThatChangesNothingIsTheScenario(t *testing.T) {
	for name, text := range catalogue(t) {
		f, err := Parse(name, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		p := &problems{}
		same := overlay(f.tree, &node{kind: mapping}, p)
		got, _ := build(name, same, p)
		if err := p.err(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(f.Plays(), got.Plays(), addresses()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if got.Mutant != nil {
			t.Errorf("%s: the mutant has a mutant", name)
		}
	}
}

// Each claim's mutant is another scenario.
func TestAMutantChangesSomething(t *testing.T) {
	for name, text := range catalogue(t) {
		f, err := Parse(name, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		m, err := f.Mutated()
		if err != nil {
			t.Fatal(err)
		}
		if cmp.Equal(f.Plays(), m.Plays(), addresses()) {
			t.Errorf("%s: the mutant changes nothing", name)
		}
	}
}

// Lines are what results point to.
func TestEachStepStandsOnItsLine(t *testing.T) {
	for name, text := range catalogue(t) {
		f, err := Parse(name, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(text, "\n")
		for _, p := range f.Plays() {
			for _, s := range p.Steps {
				verb, _, _ := strings.Cut(s.String(), " ")
				if !strings.Contains(lines[s.Line-1], "{"+verb+":") {
					t.Errorf("%s:%d: %s is not in %q", name, s.Line, s, lines[s.Line-1])
				}
			}
		}
	}
}

func TestAFileWithoutAMutantCannotBeMutated(t *testing.T) {
	f, err := Parse("x.yaml", []byte(whole("")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Mutated(); err == nil || err.Error() != "x.yaml has no mutant" {
		t.Error(err)
	}
}

func TestFormsOfAFileThatAreTheSame(t *testing.T) {
	text := whole("")
	want, err := Parse("x.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for what, other := range map[string]string{
		"byte order mark":       "\ufeff" + text,
		"line ends of DOS":      strings.ReplaceAll(text, "\n", "\r\n"),
		"no line end":           strings.TrimSuffix(text, "\n"),
		"document end":          text + "...\n",
		"an empty document":     text + "---\n",
		"a comment at each end": strings.ReplaceAll(text, "\n", " # so\n"),
	} {
		got, err := Parse("dir/x.yml", []byte(other))
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if diff := cmp.Diff(want.Plays(), got.Plays(), addresses()); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
}

// What is hostile must not cost more than a moment. Nothing is measured here:
// a test that needs minutes is ended by the test program.
func TestHostileFilesAreRefusedWithoutMuchWork(t *testing.T) {
	const n = bytesMost
	for _, unit := range []string{
		"[", "{a: ", "a: [", "- ", "? ", "[[],", "{a,", "a:\n", "- a\n", "&a ", "'", "a,", "---\n", "]", "a: $a$\n", "{[", "- - a\n", "a:\n- a\n",
	} {
		for _, head := range []string{"", "steps: ["} {
			text := head + strings.Repeat(unit, n/len(unit)-len(head))
			if _, err := Parse("x.yaml", []byte(text)); err == nil {
				t.Errorf("%q %q is accepted", head, unit)
			}
		}
	}
}
