package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/vmtest"
)

// report is what is said of one guest.
type report struct {
	lines    []string
	failures int
}

func (r *report) say(format string, args ...any) {
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}

func (r *report) wrong(format string, args ...any) {
	r.failures++
	r.say("FAILED: "+format, args...)
}

func (r *report) text() string { return strings.Join(r.lines, "\n") + "\n" }

// judge says what failed: the guest itself, a program, or programs that did
// nothing.
func judge(result vmtest.Result, err error) (r report) {
	clock := "counts instructions"
	if result.RealTime {
		clock = "real time"
	}
	r.say("\n%s (%s), ready after %v, took %v: %s", result.Kernel.Series, clock,
		result.ReadyIn.Round(time.Second), result.Took.Round(time.Second), result.Version)
	if err != nil {
		r.wrong("%v", err)
	}
	for _, name := range result.Kernel.Missing {
		r.say("  this kernel has no module %s", name)
	}
	for _, t := range result.Trouble {
		r.wrong("%s", t)
	}
	for _, p := range result.Programs {
		switch p.Name {
		case catalogue:
			r.claims(p, "PROVED")
		case mutants:
			r.claims(p, "NOT SO HERE")
		case prober:
			r.probed(p)
		default:
			r.tests(p)
		}
	}
	return r
}

// tests reports on a test binary. That all tests were skipped is a failure:
// nothing was tested.
func (r *report) tests(p vmtest.Outcome) {
	t := vmtest.ReadTests(p.Output)
	r.say("  %-18s %3d passed, %d failed, %d skipped, %v of the guest's time in %v", p.Name, t.Passed, len(t.Failed), len(t.Skipped),
		p.InGuest.Round(time.Second), p.OnHost.Round(time.Second))
	for _, name := range slices.Sorted(maps.Keys(t.Skipped)) {
		r.say("    skipped %s: %s", name, t.Skipped[name])
	}
	for _, name := range t.Failed {
		r.wrong("%s %s", p.Name, name)
	}
	switch {
	case !p.Ended: // the guest's error says so
	case p.Status != 0 && len(t.Failed) == 0:
		r.wrong("%s ended with status %d", p.Name, p.Status)
	case t.Passed == 0 && len(t.Failed) == 0:
		r.wrong("%s tested nothing", p.Name)
	}
}

// claims reports on the catalogue, each of whose claims should get the verdict
// good. Another on a kernel for which the scenario has a note is no failure, nor
// is one that cannot be tested for a reason with a remedy.
func (r *report) claims(p vmtest.Outcome, good string) {
	results, err := readClaims(p.Output)
	if err != nil {
		r.wrong("%s: its answer cannot be read: %v; %s", p.Name, err, p.Errors)
		return
	}
	as := 0
	for _, c := range results {
		line := fmt.Sprintf("%s %s: %s", c.Verdict, c.Name, c.Why)
		switch {
		case c.Verdict == good:
			as++
		case c.Note != "" || c.Hint != "":
			r.say("    %s (%s)", line, strings.TrimSpace(c.Note+" "+c.Hint))
		default:
			r.wrong("%s", line)
		}
	}
	r.say("  %-18s %3d of %d %s, %v of the guest's time in %v", p.Name, as, len(results), good,
		p.InGuest.Round(time.Second), p.OnHost.Round(time.Second))
	if len(results) == 0 {
		r.wrong("%s: no claim was played", p.Name)
	}
}

func (r *report) probed(p vmtest.Outcome) {
	var c column
	err := c.readFacts(p.Output)
	if err != nil || p.Status != 0 || len(c.facts) == 0 {
		r.wrong("%s ended with %d: %v; %s", p.Name, p.Status, err, p.Errors)
		return
	}
	r.say("  %-18s %3d settings, counters, abilities and hooks", p.Name, len(c.facts))
}
