package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/linger-dev/linger/internal/vmtest"
)

func outcome(name, output string, status int) vmtest.Outcome {
	return vmtest.Outcome{Name: name, Ended: true, Output: []byte(output), Status: status}
}

func TestWhatTestedNothingHasFailed(t *testing.T) {
	for want, p := range map[string]vmtest.Outcome{
		"lab tested nothing":      outcome("lab", "--- SKIP: TestA (0.00s)\nPASS\n", 0),
		"lab TestB":               outcome("lab", "--- PASS: TestA (0.00s)\n--- FAIL: TestB (0.00s)\n", 1),
		"lab ended with status 2": outcome("lab", "--- PASS: TestA (0.00s)\npanic: boom\n", 2),
		"no claim was played":     outcome(catalogue, `{"results": []}`, 0),
		"cannot be read":          outcome(catalogue, "usage", 80),
		"probe ended with 0":      outcome(prober, "", 0),
	} {
		r := judge(vmtest.Result{Programs: []vmtest.Outcome{p}}, nil)
		if r.failures == 0 || !strings.Contains(r.text(), want) {
			t.Errorf("%s: %d failures in %s", want, r.failures, r.text())
		}
	}
	if r := judge(vmtest.Result{}, errors.New("no last word")); r.failures != 1 || !strings.Contains(r.text(), "FAILED: no last word") {
		t.Errorf("got %+v", r)
	}
}

const someClaims = `{"results": [{"name": "one", "verdict": "PROVED"}, {"name": "two", "verdict": "NOT SO HERE", "why": "line 3", "note": "since 6.2"}]}`

func TestAClaimWithANoteMayFailButAMutantMayNotHold(t *testing.T) {
	r := judge(vmtest.Result{Programs: []vmtest.Outcome{outcome(catalogue, someClaims, 1)}}, nil)
	if r.failures != 0 || !strings.Contains(r.text(), "NOT SO HERE two: line 3 (since 6.2)") {
		t.Errorf("got %s", r.text())
	}
	if r := judge(vmtest.Result{Programs: []vmtest.Outcome{outcome(mutants, someClaims, 0)}}, nil); r.failures != 1 {
		t.Errorf("got %s", r.text())
	}
}

func TestTheTableShowsOnlyWhatDiffers(t *testing.T) {
	dir := t.TempDir()
	write := func(name, body string) {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const same = `{"kind": "setting", "name": "net.ipv4.tcp_x", "value": "1"}`
	write("new/version", "6.12.118+deb13-cloud-amd64 #1 SMP Debian 6.12.118-1 (2026-11-01)")
	write("new/claims.out", `{"results": [{"name": "one", "verdict": "PROVED"}, {"name": "two", "verdict": "PROVED"}, {"name": "fin-wait2-is-not-reused", "verdict": "PROVED"}]}`)
	write("new/probe.out", same+`{"kind": "counter", "name": "PAWSTimewait"}{"kind": "counter", "name": "TCPNew"}{"kind": "hook", "name": "a, from 6.2", "loses": "much"}`)
	write("old/version", "6.1.0-56-cloud-amd64 #1 SMP Debian 6.1.192-2 (2026-11-16)")
	write("old/claims.out", strings.Replace(someClaims, "[", `[{"name": "fin-wait2-is-not-reused", "verdict": "PROVED"}, `, 1))
	write("old/probe.out", same)
	page := filepath.Join(dir, "kernels.md")
	if err := table(page, dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| claim | 6.1.192 | 6.12.118 |", "| `two` | not so here | proved |", "2 claims are proved on all", "- `two`: since 6.2",
		"counted in PAWSEstab | – | yes |", "TCPNew (–, yes)",
		"| hook | 6.1.192 | 6.12.118 |", "| `a, from 6.2`: without it much | – | yes |",
		"carried back to them | proved |  |", "it too (6.1.192) | not played |  |",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "tcp_x") || strings.Contains(string(text), "`one`") {
		t.Errorf("what does not differ is shown:\n%s", text)
	}
}
