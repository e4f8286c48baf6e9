package main

import (
	"slices"
	"testing"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/vmtest"
)

func TestEachMutantIsPlayedInOneGuest(t *testing.T) {
	programs := []vmtest.Program{{Name: catalogue, Args: []string{"--all"}}, {Name: mutants, Args: []string{"lab", "run", "--all", "--mutants"}}}
	var played []string
	for guest := range 5 {
		shared, err := options{}.share(programs, guest, 5)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(shared[0].Args, programs[0].Args) {
			t.Errorf("the claims are played with %q", shared[0].Args)
		}
		if got := shared[1].Args[:3]; !slices.Equal(got, []string{"lab", "run", "--mutants"}) {
			t.Errorf("the mutants are played with %q", got)
		}
		played = append(played, shared[1].Args[3:]...)
	}
	slices.Sort(played)
	all, err := claims.All()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, f := range all {
		if f.Name == "half-range-slowdown" || f.Name == "many-time-waits-cost-no-time" || f.Name == "memory-of-a-time-wait" {
			continue // the heavy ones
		}
		want = append(want, f.Name)
	}
	if slices.Sort(want); !slices.Equal(played, want) {
		t.Errorf("played %q, of %q", played, want)
	}
	for _, o := range []options{{long: true}, {programs: "claims,mutants"}} {
		if got, err := o.share(programs, 0, 5); err != nil || !slices.Contains(got[1].Args, "--all") {
			t.Errorf("with %+v: %+v, %v", o, got, err)
		}
	}
}
