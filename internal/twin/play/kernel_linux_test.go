package play_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/lab"
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

// What TestSocketCallsDoOnTheTwinWhatTheyDoOnLinux asks of the twin must be so on
// the real kernel.
func TestKernelDoesWhatSocketCallsDoOnTheTwin(t *testing.T) {
	t.Parallel()
	if err := netlab.Allowed(); err != nil {
		t.Skip(err)
	}
	names := slices.Sorted(maps.Keys(calls()))
	files := make([]*scenario.File, len(names))
	for i, name := range names {
		text := strings.Replace(connected+strings.TrimPrefix(calls()[name], "\n"), "It is so.", name, 1)
		f, err := scenario.Parse("test.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		files[i] = f
	}
	for i, r := range lab.Run(t.Context(), files, lab.Options{Executable: "/proc/self/exe"}, nil) {
		if r.Verdict != claims.Proved {
			t.Errorf("%s: %s: %s", names[i], r.Verdict, r.Why)
		}
	}
}
