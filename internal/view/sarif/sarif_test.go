package sarif

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/internal/lint"
	"github.com/linger-dev/linger/internal/say"
)

var update = flag.Bool("update", false, "write the golden files anew")

func report(texts ...lint.Text) lint.Report {
	return lint.Judge(lint.Input{Kernel: "6.18", Texts: texts})
}

func write(t *testing.T, rep lint.Report, opt Options) string {
	t.Helper()
	var out strings.Builder
	if err := Write(&out, rep, opt); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// wholeReport has a result of each kind.
func wholeReport() lint.Report {
	return report(
		lint.ParseConf("/etc/sysctl.d/my settings.conf", []byte("net.ipv4.tcp_fin_timeout = 30\nnet.ipv4.tcp_fin_timeout = 61\nnet.ipv4.tcp_tw_reuse = 1\nnet.ipv4.tcp_reuse = [1](x)\nwhat\n")),
		lint.ParseConf("conf/ü%.conf", []byte("\x00")),
	)
}

func TestTheLogLooksAsInTheGoldenFiles(t *testing.T) {
	for name, lang := range map[string]say.Lang{"whole": say.English, "whole-zh": say.Chinese} {
		got, path := write(t, wholeReport(), Options{Lang: lang, Version: "1.2.3"}), filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s differs (-update writes it anew):\n%s", path, diff)
		}
	}
}

// TestTheLogKeepsTheRulesOfTheStandard checks what section 3 of SARIF 2.1.0
// demands of the parts that are written.
func TestTheLogKeepsTheRulesOfTheStandard(t *testing.T) {
	for name, rep := range map[string]lint.Report{"whole": wholeReport(), "empty": report()} {
		text := write(t, rep, Options{})
		var log sarifLog
		dec := json.NewDecoder(strings.NewReader(text))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&log); err != nil {
			t.Fatal(err)
		}
		if log.Version != "2.1.0" || len(log.Runs) != 1 || strings.Contains(text, "null") {
			t.Errorf("%s: %s", name, text)
		}
		r := log.Runs[0]
		ids := make(map[string]bool)
		for _, rule := range r.Tool.Driver.Rules {
			if ids[rule.ID] || rule.Short.Text == "" || rule.Full.Text == "" || rule.Help.Text == "" {
				t.Errorf("%s: rule %+v", name, rule)
			}
			ids[rule.ID] = true
		}
		for _, res := range r.Results {
			if res.RuleIndex >= len(r.Tool.Driver.Rules) || r.Tool.Driver.Rules[res.RuleIndex].ID != res.RuleID {
				t.Errorf("%s: index of %+v", name, res)
			}
			if (res.Kind == "fail") == (res.Level == "none") || res.Message.Text == "" || len(res.Locations) != 1 {
				t.Errorf("%s: %+v", name, res)
			}
			for _, l := range append(res.Locations, res.Related...) {
				if p := l.Physical; p != nil && (strings.ContainsAny(p.Artifact.URI, " \\") || p.Region != nil && p.Region.StartLine < 1) {
					t.Errorf("%s: place %+v", name, p)
				}
			}
		}
	}
}

func TestTheRunningKernelIsALogicalPlace(t *testing.T) {
	rep := lint.Judge(lint.Input{Kernel: "6.18", Live: &lint.Live{Values: map[string]string{"net.ipv4.tcp_timestamps": "0"}}})
	text := write(t, rep, Options{})
	if !strings.Contains(text, `"fullyQualifiedName": "/proc/sys/net/ipv4/tcp_timestamps"`) || strings.Contains(text, "physicalLocation") {
		t.Error(text)
	}
}

func TestAddressesOfFilesAreURIs(t *testing.T) {
	for file, want := range map[string]string{
		"/etc/my file.conf": "file:///etc/my%20file.conf", "a/b.conf": "a/b.conf", "./a.conf": "a.conf", "a:b.conf": "./a:b.conf", "ü%.conf": "%C3%BC%25.conf", "\xff.conf": "%FF.conf",
	} {
		if got := address(file); got != want {
			t.Errorf("address(%q) = %q, want %q", file, got, want)
		}
	}
}

type brokenPipe struct{}

var errPipe = errors.New("broken pipe")

func (brokenPipe) Write([]byte) (int, error) { return 0, errPipe }

func TestAnErrorOfWritingIsReported(t *testing.T) {
	if err := Write(brokenPipe{}, report(), Options{}); !errors.Is(err, errPipe) {
		t.Errorf("got %v", err)
	}
}
