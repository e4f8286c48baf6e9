package remedy

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/say"
)

// cases is evidence by the name of its file in testdata, which the views' tests
// read too.
func cases() map[string]*evidence.Snapshot {
	return map[string]*evidence.Snapshot{
		"php-out":        phpOut(),
		"nginx-low":      nginxLow(),
		"close-wait":     closeWait(),
		"server-side":    serverSideOnly(),
		"two-namespaces": twoNamespaces(),
		"old-kernel":     oldKernel(),
		"healthy":        healthy(),
	}
}

func TestPlansAreAsRecorded(t *testing.T) {
	for name, built := range cases() {
		t.Run(name, func(t *testing.T) {
			recorded(t, name+".json", indent(t, built))
			data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var read evidence.Snapshot
			if err := json.Unmarshal(data, &read); err != nil {
				t.Fatal(err)
			}
			for _, l := range say.Langs() {
				recorded(t, name+"."+l.String()+".golden", indent(t, plan(&read, l)))
			}
		})
	}
}

// recorded compares content with a file of testdata, or writes it there. The
// flag is that of package ruletest.
func recorded(t *testing.T, name string, content []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if flag.Lookup("update").Value.String() == "true" {
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
