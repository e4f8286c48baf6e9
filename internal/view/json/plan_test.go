package json

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/remedy"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
)

func TestAPlanForNothingHasEmptyLists(t *testing.T) {
	var out strings.Builder
	s := &evidence.Snapshot{Taken: time.Unix(0, 0).UTC(), Host: evidence.Host{Name: "web1"}}
	if err := New(&out).Plan(remedy.Of(s, nil, say.Chinese)); err != nil {
		t.Fatal(err)
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"schema": `"linger.plan/1"`, "lang": `"zh"`, "answer": `"无需任何改动。"`, "findings": "0",
		"remedies": "[]", "refusals": "[]", "apply": "[]", "made": `"1970-01-01T00:00:00Z"`,
	} {
		if string(got[key]) != want {
			t.Errorf("%s is %s, want %s", key, got[key], want)
		}
	}
}

func TestAPlanNamesWhatItWouldWrite(t *testing.T) {
	var out strings.Builder
	setting := remedy.Setting{Namespace: "host", Key: "net.ipv4.tcp_tw_reuse", From: "2", To: "1"}
	plan := remedy.Plan{Remedies: []remedy.Remedy{
		{Code: remedy.Reuse, Kind: remedy.Kernel, Severity: rule.Critical, For: []rule.Code{"ports-out"}, Settings: []remedy.Setting{setting}},
		{Code: remedy.MoreBuckets, Kind: remedy.Kernel, Severity: rule.Info, For: []rule.Code{"x"}, Settings: []remedy.Setting{{Key: "y"}}},
	}}
	if err := New(&out).Plan(plan); err != nil {
		t.Fatal(err)
	}
	var got planned
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Apply) != 1 || got.Apply[0] != setting || got.Remedies[0].Severity != rule.Critical {
		t.Errorf("%s", out.String())
	}
}
