package json_test

import (
	"bytes"
	stdjson "encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/internal/explain"
	"github.com/linger-dev/linger/internal/view/json"
)

func TestTopicsAreWrittenWholeInBothLanguages(t *testing.T) {
	topics, err := explain.Topics()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := json.New(&out).Topics(topics); err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(out.Bytes(), []byte("\n")); n != 1 {
		t.Errorf("%d lines", n)
	}
	var back struct {
		Schema string
		Topics []explain.Topic
	}
	if err := stdjson.Unmarshal(out.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(topics, back.Topics); diff != "" || back.Schema != json.ExplainSchema {
		t.Errorf("schema %q\n%s", back.Schema, diff)
	}
}

func TestNoTopicsAreAnEmptyList(t *testing.T) {
	var out bytes.Buffer
	if err := json.New(&out).Topics(nil); err != nil {
		t.Fatal(err)
	}
	if want := `{"schema":"linger.explain/1","topics":[]}` + "\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}
