package lab

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/workload"
)

// TestMain lets the test binary be the programs of scenarios, as linger is.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "workload" {
		if err := workload.Run(context.Background(), os.Args[2], os.Args[3:], os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func options(t *testing.T) Options {
	t.Helper()
	if err := netlab.Allowed(); err != nil {
		t.Skip(err)
	}
	return Options{Executable: "/proc/self/exe", Kernel: release(t)}
}

func release(t *testing.T) evidence.Kernel {
	t.Helper()
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		t.Fatal(err)
	}
	return evidence.Kernel(unix.ByteSliceToString(name.Release[:]))
}

// Every claim must hold here, or the scenario must have a note about kernels
// like this one. This test and the next do not run beside others: some claims
// measure the whole machine.
func TestKernelEveryClaimIsProved(t *testing.T) {
	o := options(t)
	files, err := claims.All()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for _, r := range Run(t.Context(), files, o, nil) {
		t.Run(r.Name, func(t *testing.T) {
			switch {
			case r.Verdict == claims.Proved:
			case r.Note != "" || r.Verdict == claims.NotTestable && r.Hint != "":
				t.Skipf("%s: %s (%s)", r.Verdict, r.Why, r.Note+r.Hint)
			default:
				t.Errorf("%s: %s\n%s", r.Verdict, r.Why, measured(r))
			}
		})
	}
	t.Logf("%d claims in %v", len(files), time.Since(began).Round(time.Second))
}

// A claim that cannot fail proves nothing: with the change that stands beside
// it, the laboratory must say that it is not so.
func TestKernelEveryMutantIsRefuted(t *testing.T) {
	o := options(t)
	files, err := claims.All()
	if err != nil {
		t.Fatal(err)
	}
	mutants := make([]*scenario.File, len(files))
	for i, f := range files {
		if f.Mutant == nil {
			t.Fatalf("%s has no mutant", f.Name)
		}
		if mutants[i], err = f.Mutated(); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range Run(t.Context(), mutants, o, nil) {
		t.Run(r.Name, func(t *testing.T) {
			switch {
			case r.Verdict == claims.NotSo:
				t.Log(r.Why)
			case r.Verdict == claims.NotTestable && (r.Note != "" || r.Hint != ""):
				t.Skipf("%s: %s (%s)", r.Verdict, r.Why, r.Note+r.Hint)
			default:
				t.Errorf("%s: %s\n%s", r.Verdict, r.Why, measured(r))
			}
		})
	}
}

func measured(r claims.Result) string {
	var lines []string
	for _, p := range r.Plays {
		for _, m := range p.Measured {
			lines = append(lines, fmt.Sprintf("  %s line %d %s: %s", p.Case, m.Line, m.Step, m.Got))
		}
	}
	return strings.Join(lines, "\n")
}
