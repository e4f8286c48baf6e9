package json

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/view"
)

func TestClaimsAreCountedByTheirVerdicts(t *testing.T) {
	var out strings.Builder
	err := New(&out).Claims(view.Claims{Kernel: "6.1.0", Results: []claims.Result{
		{Name: "a", Verdict: claims.Proved, Plays: []claims.Play{{Verdict: claims.Proved, Measured: []claims.Measure{}}}},
		{Name: "b", Verdict: claims.NotSo, Why: "line 3"},
		{Name: "c", Verdict: claims.NotTestable},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var got claimed
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != ClaimsSchema || got.Proved != 1 || got.NotSo != 1 || got.Untested != 1 || got.Results[1].Why != "line 3" {
		t.Errorf("%s", out.String())
	}
}

func TestAnEmptyCatalogueIsAList(t *testing.T) {
	var out strings.Builder
	if err := New(&out).Catalogue(nil); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != `{"schema":"linger.catalogue/1","claims":[]}`+"\n" {
		t.Errorf("%s", got)
	}
}
