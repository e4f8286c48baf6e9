package scenario

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// golden compares with a file, or writes it.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(readFile(t, path)), got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", path, diff)
	}
}

func TestEveryKeyBecomesWhatItSays(t *testing.T) {
	f, err := Parse("everything.yaml", readFile(t, "testdata/everything.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := f.Mutated()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/everything.txt", printed(t, f))
	golden(t, "testdata/everything-mutated.txt", printed(t, m))
}

// printed writes all of a file, a line for each thing, without zero values.
func printed(t *testing.T, f *File) string {
	t.Helper()
	var out strings.Builder
	about := *f
	fmt.Fprintf(&out, "%s\n", compact(t, &about))
	for _, p := range f.Plays() {
		fmt.Fprintf(&out, "case %s\n", p.Case)
		for _, h := range p.Hosts {
			fmt.Fprintf(&out, "host %s\n", compact(t, h))
		}
		for _, l := range p.Links {
			fmt.Fprintf(&out, "link %s\n", compact(t, l))
		}
		for _, p := range p.Programs {
			fmt.Fprintf(&out, "program %s\n", compact(t, p))
		}
		for _, s := range p.Steps {
			kind := strings.TrimPrefix(fmt.Sprintf("%T", s.Action), "scenario.")
			fmt.Fprintf(&out, "%d %s: %s\n\t%s %s\n", s.Line, s.Label, s, kind, compact(t, s.Action))
		}
	}
	return out.String()
}

// compact writes a value as JSON without what is zero.
func compact(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var fields any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	text, err = json.Marshal(lean(fields))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// lean drops zero values. A low end of 0 is one of them.
func lean(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	for key, value := range m {
		switch value := lean(value).(type) {
		case nil:
			delete(m, key)
		case bool, float64, string:
			if value == false || value == 0.0 || value == "" || value == "NONE" {
				delete(m, key)
			}
		case []any:
			if fmt.Sprint(value) == "[0 0]" {
				delete(m, key)
			}
		case map[string]any:
			if len(value) == 0 && key != "Raw" {
				delete(m, key)
			}
		}
	}
	return m
}

// table names the keys of a mapping of the format.
type table struct {
	name string
	keys []string
}

// tables lists all keys of the format, as the decoder has them.
func tables() []table {
	d := newDecoder(&problems{})
	var e Expect
	out := []table{
		{"file", names(d.fileFields(&File{}))},
		{"note", names(d.noteFields(&Note{}))},
		{"mutant", names(d.mutantFields(&Mutant{}))},
		{"host", names(d.hostFields(&Host{}))},
		{"raw host", names(d.rawFields(&Raw{}))},
		{"program", names(d.programFields(&Program{}))},
		{"kind of program", kindNames()},
		{"socket option", optionNames()},
		{"step", append(verbNames(), "label")},
		{"fork", names(d.forkFields(&Fork{}))},
		{"set", names(d.setFields(&Set{}))},
		{"cut", names(d.cutFields(&Cut{}))},
		{"disturbance", names(d.disturbFields(&Disturb{}))},
		{"inject", names(d.injectFields(&Inject{}))},
		{"timing", names(d.timingFields(&e))},
		{"expect host", names(d.hostExpectations(&e))},
		{"expect program", slices.DeleteFunc(names(d.programExpectations(&e)), func(word string) bool { return slices.Contains(errnos(), word) })},
		{"expect socket", names(d.socketExpectations(&e))},
		{"expect segment", names(d.segmentExpectations(&Seen{}))},
	}
	for _, kind := range []CallKind{Bind, Listen, Connect, Accept, Write, ReadCall, Shutdown, Close, Abort} {
		out = append(out, table{string(kind), names(d.callFields(&Call{Call: kind}, ""))})
	}
	return out
}

func TestTheScenarioOfEverythingHasEveryKey(t *testing.T) {
	text := string(readFile(t, "testdata/everything.yaml"))
	for _, table := range tables() {
		for _, key := range table.keys {
			if !strings.Contains(text, " "+key+":") && !strings.Contains(text, "{"+key+":") && !strings.Contains(text, "\n"+key+":") &&
				!strings.Contains(text, ": "+key) && !strings.Contains(text, "["+key) && !strings.Contains(text, ", "+key) {
				t.Errorf("%s: %s is missing", table.name, key)
			}
		}
	}
}
