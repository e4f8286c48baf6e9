package claims_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/scenario"
)

func all(t *testing.T) []*scenario.File {
	t.Helper()
	files, err := claims.All()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestTheListOfClaimsIsTheFolder(t *testing.T) {
	entries, err := os.ReadDir("catalogue")
	if err != nil {
		t.Fatal(err)
	}
	var there []string
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".yaml")
		if !ok || e.IsDir() {
			t.Errorf("%s is no scenario file", e.Name())
			continue
		}
		there = append(there, name)
		if !slices.Contains(claims.Names(), name) {
			t.Errorf("%s stands in no list, and nobody is told of it", e.Name())
		}
	}
	seen := map[string]bool{}
	for _, name := range claims.Names() {
		if seen[name] {
			t.Errorf("%s is told twice", name)
		}
		seen[name] = true
		if !slices.Contains(there, name) {
			t.Errorf("%s has no file", name)
		}
	}
}

func TestAllClaimsComeInTheOrderOfTheirNames(t *testing.T) {
	for i, f := range all(t) {
		if name := claims.Names()[i]; f.Name != name {
			t.Errorf("number %d is %s, not %s", i, f.Name, name)
		}
	}
}

func TestEachClaimIsOneSentenceWithItsSourcesAndTopics(t *testing.T) {
	told := map[string]string{}
	for _, f := range all(t) {
		if strings.ContainsRune(f.Claim, '\n') || !strings.HasSuffix(f.Claim, ".") || strings.HasSuffix(f.Claim, "..") || strings.Contains(f.Claim, ". ") {
			t.Errorf("%s: not one sentence with one full stop: %q", f.Name, f.Claim)
		}
		if other := told[f.Claim]; other != "" {
			t.Errorf("%s claims what %s does", f.Name, other)
		}
		told[f.Claim] = f.Name
		full(t, f.Name, "sources", f.Sources)
		full(t, f.Name, "topics", f.Topics)
	}
}

// full wants at least one word, and none twice.
func full(t *testing.T, name, what string, words []string) {
	t.Helper()
	if len(words) == 0 {
		t.Errorf("%s has no %s", name, what)
	}
	for i, word := range words {
		if strings.TrimSpace(word) == "" || slices.Contains(words[:i], word) {
			t.Errorf("%s: %s are empty or twice: %q", name, what, words)
		}
	}
}

func TestEachClaimCanFail(t *testing.T) {
	for _, f := range all(t) {
		if f.Mutant == nil || f.Mutant.Because == "" {
			t.Errorf("%s has no mutant, or not the reason for it", f.Name)
			continue
		}
		if strings.HasSuffix(f.Mutant.Because, ".") {
			t.Errorf("%s: the reason stands inside a sentence: %q", f.Name, f.Mutant.Because)
		}
		m, err := f.Mutated()
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		for _, file := range []*scenario.File{f, m} {
			played(t, file)
		}
	}
}

// played wants something to play, and something that is expected of it.
func played(t *testing.T, f *scenario.File) {
	t.Helper()
	if len(f.Plays()) == 0 {
		t.Errorf("%s has nothing to play", f.Name)
	}
	for _, p := range f.Plays() {
		wants := slices.ContainsFunc(p.Steps, func(s scenario.Step) bool {
			call, isCall := s.Action.(scenario.Call)
			_, isExpect := s.Action.(scenario.Expect)
			return isExpect || isCall && (call.Fails != "" || call.Port != scenario.PortWish{} || call.Data != "")
		})
		if !wants {
			t.Errorf("%s %s expects nothing", f.Name, p.Case)
		}
	}
}

func TestTheTextOfAClaimIsItsFile(t *testing.T) {
	for _, name := range claims.Names() {
		text, err := claims.Text(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), "name: "+name+"\n") || !strings.HasSuffix(string(text), "\n") {
			t.Errorf("%s: %.40q", name, text)
		}
	}
}

func TestClaimsAreFoundByName(t *testing.T) {
	names := claims.Names()
	got, err := claims.Find(names[3], names[1])
	if err != nil || len(got) != 2 || got[0].Name != names[3] || got[1].Name != names[1] {
		t.Fatal(got, err)
	}
	for _, wrong := range []string{"", "nosuch", "../claims", names[0] + ".yaml"} {
		if _, err := claims.Find(names[0], wrong); !errors.Is(err, claims.ErrUnknown) || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%q: %v", wrong, err)
		}
		if _, err := claims.Text(wrong); err == nil {
			t.Errorf("%q has a text", wrong)
		}
	}
}
