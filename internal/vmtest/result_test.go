package vmtest

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestVerdictsOfTestsAreCountedWithTheirReasons(t *testing.T) {
	got := ReadTests([]byte(`=== RUN   TestA
--- PASS: TestA (0.00s)
=== RUN   TestB
=== PAUSE TestB
=== CONT  TestB
    b_test.go:7: boom
    --- FAIL: TestB/first_case (0.00s)
--- FAIL: TestB (0.02s)
=== RUN   TestC
    c_test.go:9: needs curl
--- SKIP: TestC (0.00s)
=== CONT  TestD/with
    d_test.go:3: no shell
=== CONT  TestD/without
    d_test.go:5: as it should be
--- PASS: TestD (0.00s)
    --- SKIP: TestD/with (0.00s)
    --- PASS: TestD/without (0.00s)
FAIL
`))
	if got.Passed != 3 || strings.Join(got.Failed, " ") != "TestB/first_case TestB" || got.Skipped["TestC"] != "c_test.go:9: needs curl" || got.Skipped["TestD/with"] != "d_test.go:3: no shell" {
		t.Errorf("got %+v", got)
	}
}

func events(all ...Event) (r Result) {
	for i, e := range all {
		r.take(e, time.Duration(i)*time.Second)
	}
	return r
}

func TestResultsCollectWhatEachProgramDid(t *testing.T) {
	r := events(
		Event{Kind: Ready, Data: []byte("6.1.0")}, Event{Kind: Begin, Program: "a"}, Event{Kind: Output, Program: "a", Data: []byte("x")},
		Event{Kind: Errors, Program: "a", Data: []byte("y")}, Event{Kind: Output, Program: "a", Data: []byte("z")},
		Event{Kind: Exit, Program: "a", Status: 2}, Event{Kind: Begin, Program: "b"}, Event{Kind: Output, Program: "c"},
	)
	a := r.Programs[0]
	if !r.Ready || r.Version != "6.1.0" || string(a.Output) != "xz" || string(a.Errors) != "y" || a.Status != 2 || a.OnHost != 4*time.Second {
		t.Errorf("got %+v", r)
	}
	if r.running() != "b" || len(r.Noise) != 1 || r.Ended {
		t.Errorf("running %q, noise %q", r.running(), r.Noise)
	}
}

// QEMU ends with success after a panic of the guest.
func TestAGuestWithoutItsLastWordHasFailed(t *testing.T) {
	m := Machine{Limit: time.Minute}
	r := events(Event{Kind: Ready}, Event{Kind: Begin, Program: "lab"})
	r.Console = "\x1b[2J\x1b[01;01HKernel panic - not syncing\r\n"
	err := m.verdict(context.Background(), &r, nil, "")
	if err == nil || !strings.Contains(err.Error(), "while lab ran") || !strings.HasSuffix(err.Error(), "says: Kernel panic - not syncing") {
		t.Errorf("got %v", err)
	}
	whole := events(Event{Kind: Ready}, Event{Kind: End})
	if err := m.verdict(context.Background(), &whole, nil, ""); err != nil {
		t.Error(err)
	}
}

func TestAGuestThatDidNotComeUpIsToldApart(t *testing.T) {
	m := Machine{Limit: time.Nanosecond}
	ctx, cancel := context.WithTimeout(context.Background(), 0)
	defer cancel()
	err := m.verdict(ctx, &Result{}, context.DeadlineExceeded, "")
	if err == nil || !strings.Contains(err.Error(), "not done after 1ns, before it was ready") {
		t.Errorf("got %v", err)
	}
}
