package json

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/view"
)

func report() view.Report {
	key := evidence.Key{Direction: evidence.Outbound, Src: netip.MustParseAddr("10.0.0.1"), Dst: netip.MustParseAddr("10.0.0.2"), Port: 80}
	return view.Report{
		Snapshot: &evidence.Snapshot{
			Host:   evidence.Host{Name: "h<script>\xff\x1b[31m", Kernel: "6.1.0"},
			Owners: []evidence.Owner{{PID: 7, Name: "bad\xffname", Pod: "pod-1", Container: "c-1"}},
		},
		Groups:   []view.Group{{Namespace: "host", Budget: portspace.Budget{Key: key, Range: evidence.PortRange{Low: 1, High: 9}, Size: 9}}},
		Findings: []rule.Finding{{Code: "ports-out", Severity: rule.Critical, Title: say.Same("out"), Who: evidence.Maker{PIDs: []int{7}}}},
	}
}

func write(t *testing.T, rep view.Report) string {
	t.Helper()
	var out bytes.Buffer
	if err := New(&out).Check(rep); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestCheckIsOneValidObjectOnOneLine(t *testing.T) {
	text := write(t, report())
	if !strings.HasSuffix(text, "}\n") || strings.Count(text, "\n") != 1 {
		t.Errorf("not one line: %q", text)
	}
	if !utf8.ValidString(text) || strings.ContainsAny(text, "<>\x1b") {
		t.Errorf("strangers' bytes came through: %q", text)
	}
	var got struct {
		Schema   string
		Verdict  string
		Exit     int
		Findings []map[string]any
		Budgets  []map[string]any
		Snapshot evidence.Snapshot
	}
	if err := stdjson.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != CheckSchema || got.Verdict != "critical" || got.Exit != 2 || got.Findings[0]["severity"] != "critical" {
		t.Errorf("got %+v", got)
	}
	if got.Budgets[0]["out"] != nil || got.Budgets[0]["projection"].(map[string]any)["out"] != true || got.Budgets[0]["range"] != "1-9" {
		t.Errorf("budget is %v", got.Budgets[0])
	}
	if o := got.Snapshot.Owners[0]; o.Pod != "pod-1" || o.Container != "c-1" {
		t.Errorf("owner is %+v", o)
	}
}

func TestSameAnswerGivesTheSameBytes(t *testing.T) {
	rep := report()
	rep.Snapshot.Namespaces = []evidence.Namespace{{Counters: evidence.Counters{TCP: map[string]int64{"b": 1, "a": 2, "c": 3}}}}
	first := write(t, rep)
	for range 20 {
		if write(t, rep) != first {
			t.Fatal("key order changes")
		}
	}
}

func TestHealthyAnswerHasEmptyListsNotNull(t *testing.T) {
	text := write(t, view.Report{Snapshot: &evidence.Snapshot{}})
	if !strings.HasPrefix(text, `{"schema":"linger.check/1","verdict":"ok","exit":0,"findings":[],"budgets":[],`) {
		t.Error(text)
	}
	var out bytes.Buffer
	if err := New(&out).States(view.States{Snapshot: &evidence.Snapshot{}}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `"rows":[],"owners":[],"gaps":[]`) {
		t.Error(out.String())
	}
}

type brokenPipe struct{}

var errPipe = errors.New("broken pipe")

func (brokenPipe) Write([]byte) (int, error) { return 0, errPipe }

func TestWriteErrorIsReported(t *testing.T) {
	if err := New(brokenPipe{}).Check(report()); !errors.Is(err, errPipe) {
		t.Errorf("got %v", err)
	}
}

func TestEveryJSONKeyIsDocumented(t *testing.T) {
	var doc []byte
	for _, page := range []string{"json", "forecast"} {
		text, err := os.ReadFile("../../../docs/" + page + ".md")
		if err != nil {
			t.Fatal(err)
		}
		doc = append(doc, text...)
	}
	seen := map[reflect.Type]bool{reflect.TypeFor[say.Text](): true} // shown in one language, as a string
	for _, v := range []any{check{}, states{}, evidence.Header{}, claimed{}, view.Claim{}, transition{}, evidence.Timeline{}} {
		keys(reflect.TypeOf(v), seen, func(in reflect.Type, key string) {
			if !bytes.Contains(doc, []byte("`"+key+"`")) {
				t.Errorf("docs/json.md does not name `%s` of %s", key, in)
			}
		})
	}
}

// keys calls found for each JSON key of t and the types it is made of.
func keys(t reflect.Type, seen map[reflect.Type]bool, found func(reflect.Type, string)) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Array {
		t = t.Elem()
	}
	if seen[t] || t.Kind() != reflect.Struct || !strings.HasPrefix(t.PkgPath(), "github.com/linger-dev/") {
		return
	}
	seen[t] = true
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || !f.IsExported() {
			continue
		}
		if name != "" {
			found(t, name)
		}
		keys(f.Type, seen, found)
	}
}
