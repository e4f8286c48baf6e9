package play_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/twin/play"
)

// untestable says of each claim that the twin cannot play what it lacks. All
// others must be proved.
func untestable() map[string]string {
	return map[string]string{
		"lost-last-ack":                    "packets: ",
		"no-quota-no-last-ack":             "packets: ",
		"old-duplicate-refused":            "packets: ",
		"old-duplicate-without-time-wait":  "raw peer: ",
		"simultaneous-close":               "packets: ",
		"kill-sends-fin-or-reset":          "packets: ",
		"reset-instead-of-close":           "packets: ",
		"repeated-fin-restarts-the-minute": "packets: ",
		"reset-ends-time-wait":             "packets: ",
		"syn-reopens-time-wait":            "packets: ",
		"syn-without-listener":             "packets: ",
		"nat-timestamps-going-back":        "packets: ",
		"memory-of-a-time-wait":            "memory: ",
		"many-time-waits-cost-no-time":     "time of connect(): ",
		"half-range-slowdown":              "time of connect(): ",
		"stopped-process-keeps-close-wait": "process states: ",
		"forked-child-keeps-connection":    "process states: ",
		"zombie-holds-no-socket":           "process states: ",
	}
}

func TestEveryClaimIsProvedOnTheTwinOrSaysWhyNot(t *testing.T) {
	files, err := claims.All()
	if err != nil {
		t.Fatal(err)
	}
	known := untestable()
	for _, f := range files {
		c, err := play.Scenario(t.Context(), f, play.Options{})
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		lacks, not := known[f.Name]
		delete(known, f.Name)
		switch {
		case not && (c.Verdict != claims.NotTestable || !strings.Contains(c.Why, lacks) || c.Reason.EN != c.Why || c.Reason.ZH == c.Why):
			t.Errorf("%s: %s (%s, %s), want not testable for lack of %q", f.Name, c.Verdict, c.Why, c.Reason.ZH, lacks)
		case !not && c.Verdict != claims.Proved:
			t.Errorf("%s: %s: %s", f.Name, c.Verdict, c.Why)
		}
	}
	for name := range known {
		t.Errorf("%s is no claim any more", name)
	}
	text, err := os.ReadFile("../../../docs/sim.md")
	if want := fmt.Sprintf("%d of %d claims can be played", len(files)-len(untestable()), len(files)); err != nil || !strings.Contains(string(text), want) {
		t.Errorf("docs/sim.md does not say %q (%v)", want, err)
	}
}

// A twin on which nothing can fail would prove nothing.
func TestEveryMutantOfAProvedClaimIsRefutedOnTheTwin(t *testing.T) {
	files, err := claims.All()
	if err != nil {
		t.Fatal(err)
	}
	known := untestable()
	for _, f := range files {
		if known[f.Name] != "" {
			continue
		}
		m, err := f.Mutated()
		if err != nil {
			t.Fatal(err)
		}
		if c, err := play.Scenario(t.Context(), m, play.Options{}); err != nil || c.Verdict != claims.NotSo {
			t.Errorf("%s, changed: %s: %s, %v", f.Name, c.Verdict, c.Why, err)
		}
	}
}

// Where an older kernel differs, the twin of that kernel must say so, and the
// claims that are about something else must still hold.
func TestClaimsFailExactlyOnTheKernelsThatDiffer(t *testing.T) {
	files, err := claims.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		kernel evidence.Kernel
		differ string
	}{
		// tcp_tw_reuse was a switch, ports were searched one by one, and mini-sockets
		// had one wheel.
		{"2.6.32", "counter-tw-counts-beginnings fin-wait2-is-not-reused fin-wait2-orphan-life port-range-of-odd-size tw-reuse"},
		{"3.10", "counter-tw-counts-beginnings fin-wait2-is-not-reused fin-wait2-orphan-life port-range-of-odd-size tw-reuse"},
		{"4.4", "counter-tw-counts-beginnings fin-wait2-is-not-reused port-range-of-odd-size tw-reuse"},
		{"4.19", "counter-tw-counts-beginnings fin-wait2-is-not-reused"},
		{"5.10", "counter-tw-counts-beginnings"},
		{"6.1", ""}, // by a patch release
		{"6.8", "fin-wait2-is-not-reused"},
		{"6.12", ""},
	} {
		var differ []string
		for _, f := range files {
			c, err := play.Scenario(t.Context(), f, play.Options{Kernel: test.kernel})
			if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
			if c.Verdict == claims.NotSo {
				differ = append(differ, f.Name)
			}
		}
		slices.Sort(differ)
		if got := strings.Join(differ, " "); got != test.differ {
			t.Errorf("Linux %s: not so are %q, want %q", test.kernel, got, test.differ)
		}
	}
}

func TestAKernelThatTheTwinDoesNotKnowIsAnError(t *testing.T) {
	files, err := claims.Find("tw-reuse")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := play.Scenario(t.Context(), files[0], play.Options{Kernel: "2.4"}); err == nil {
		t.Error("Linux 2.4 was played")
	}
}
