// Package ruletest tests a rule against recorded evidence in its testdata:
// fires_*.json must give exactly the findings in fires_*.golden, silent_*.json
// must give none. The recordings are made by builders in the rule's test, so
// that a reader sees what matters in them; -update writes both.
package ruletest

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
)

var update = flag.Bool("update", false, "write the recorded evidence and the golden findings anew")

// Cases is evidence by the name of its file, without ".json". Names begin
// with "fires_" or "silent_".
type Cases map[string]*evidence.Snapshot

// atLeast is how many cases of each kind a rule must have: one typical, one
// at the boundary.
const atLeast = 2

// Run checks r against all cases.
func Run(t *testing.T, r rule.Rule, cases Cases) {
	t.Helper()
	kinds := map[string]int{}
	for name, s := range cases {
		kind, _, _ := strings.Cut(name, "_")
		kinds[kind]++
		t.Run(name, func(t *testing.T) { check(t, r, name, kind, s) })
	}
	if kinds["fires"] < atLeast || kinds["silent"] < atLeast || len(kinds) != 2 {
		t.Errorf("cases by kind: %v; want at least %d that fire and %d that are silent, and no other", kinds, atLeast, atLeast)
	}
	files, err := filepath.Glob(filepath.Join("testdata", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name, _, _ := strings.Cut(filepath.Base(f), ".")
		if cases[name] == nil {
			t.Errorf("%s belongs to no case", f)
		}
	}
}

func check(t *testing.T, r rule.Rule, name, kind string, built *evidence.Snapshot) {
	same(t, filepath.Join("testdata", name+".json"), indent(t, built))
	data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var recorded evidence.Snapshot
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&recorded); err != nil {
		t.Fatal(err)
	}
	findings := rule.Judge([]rule.Rule{r}, &recorded)
	if kind == "silent" {
		for _, f := range findings {
			t.Errorf("fired: %s", f.Title)
		}
		return
	}
	if len(findings) == 0 {
		t.Fatal("did not fire")
	}
	same(t, filepath.Join("testdata", name+".golden"), indent(t, findings))
}

// same compares content with the file, or writes it there.
func same(t *testing.T, path string, content []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(content)); diff != "" {
		t.Errorf("%s differs (-want +got); if that is right, run with -update:\n%s", path, diff)
	}
}

func indent(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
