package forecast_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/forecast"
	"github.com/linger-dev/linger/internal/rule/ruletest"
	"github.com/linger-dev/linger/internal/tcp"
)

// cases is evidence by the name of its file in testdata.
func cases() map[string]*evidence.Snapshot {
	return map[string]*evidence.Snapshot{
		"at-the-wall": toward(450, 30, 90, 28232, nil),
		"out-now":     toward(470, 60, 32, 28232, nil),
		"odd-range":   toward(2, 30, 3, 99, nil),
		"quota": toward(200, 20, 0, 28232, func(ns *evidence.Namespace, _ *evidence.Tally) {
			ns.Settings.MaxTWBuckets = evidence.IntOf(5000)
		}),
		"close-wait-leak": ruletest.Snapshot(func(_ *evidence.Snapshot, ns *evidence.Namespace) {
			ns.Settings.PortLow, ns.Settings.PortHigh = evidence.IntOf(40000), evidence.IntOf(41999)
			t := ruletest.Outbound("10.0.0.1", "10.0.0.2:8080")
			ruletest.TimeWait(&t, 120, 60, 40000)
			ruletest.Live(&t, tcp.CloseWait, 900, 40200, 7)
			t.CloseWait = evidence.CloseWait{Known: 900, Oldest: 900e9, Youngest: 500e6}
			ns.Tallies = []evidence.Tally{t}
		}),
		"reuse": toward(100, 10, 50, 1200, func(ns *evidence.Namespace, t *evidence.Tally) {
			ns.Settings.TWReuse = evidence.IntOf(1)
		}),
		"calm": toward(5, 60, 10, 28232, nil),
	}
}

// TestForecastsAreAsRecorded reads the evidence from its file, as a user would.
// The flag -update is that of package ruletest.
func TestForecastsAreAsRecorded(t *testing.T) {
	for name, built := range cases() {
		t.Run(name, func(t *testing.T) {
			recorded(t, name+".json", built)
			data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var read evidence.Snapshot
			if err := json.Unmarshal(data, &read); err != nil {
				t.Fatal(err)
			}
			recorded(t, name+".golden", forecast.Of(&read, forecast.Options{}))
		})
	}
}

func recorded(t *testing.T, name string, v any) {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s differs (-want +got); if that is right, run with -update:\n%s", path, diff)
	}
}
