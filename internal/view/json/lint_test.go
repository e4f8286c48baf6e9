package json

import (
	"bytes"
	stdjson "encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/linger-dev/linger/internal/lint"
)

func lintReport() lint.Report {
	s := lint.Text{File: "x.conf", Assignments: lint.ParseConf("x.conf", []byte("net.ipv4.tcp_tw_recycle=0\nnet.ipv4.tcp_tw_recycle=1\nnet.ipv4.tcp_<b>=1\n")).Assignments}
	return lint.Judge(lint.Input{Kernel: "6.18", Texts: []lint.Text{s}})
}

func TestLintIsOneObjectWithBothLanguages(t *testing.T) {
	var out bytes.Buffer
	if err := New(&out).Lint(lintReport()); err != nil {
		t.Fatal(err)
	}
	if strings.Count(out.String(), "\n") != 1 || strings.ContainsAny(out.String(), "<>") {
		t.Errorf("%s", out.String())
	}
	var got struct {
		Schema, Verdict string
		Exit            int
		Settings        []struct {
			Key, Value, File, Verdict string
			Line                      int
			Reason                    map[string]string
			Overridden                []map[string]any
		}
		Masked, Problems []any
	}
	if err := stdjson.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != LintSchema || got.Verdict != "gone" || got.Exit != 1 || len(got.Settings) != 1 || got.Masked == nil || got.Problems == nil {
		t.Fatalf("got %+v", got)
	}
	s := got.Settings[0]
	if s.Verdict != "gone" || s.Line != 2 || s.Reason["en"] == "" || s.Reason["zh"] == "" || s.Overridden[0]["line"] != 1.0 || s.Overridden[0]["value"] != "0" {
		t.Errorf("got %+v", s)
	}
}

func TestEveryJSONKeyOfLintIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/lint.md")
	if err != nil {
		t.Fatal(err)
	}
	keys(reflect.TypeOf(linted{}), make(map[reflect.Type]bool), func(in reflect.Type, key string) {
		if !bytes.Contains(doc, []byte("`"+key+"`")) {
			t.Errorf("docs/lint.md does not name `%s` of %s", key, in)
		}
	})
}
