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
		shared := options{}.share(programs, guest, 5)
		if !slices.Equal(shared[0].Args, programs[0].Args) {
			t.Errorf("the claims are played with %q", shared[0].Args)
		}
		if got := shared[1].Args[:3]; !slices.Equal(got, []string{"lab", "run", "--mutants"}) {
			t.Errorf("the mutants are played with %q", got)
		}
		played = append(played, shared[1].Args[3:]...)
	}
	slices.Sort(played)
	if want := slices.Sorted(slices.Values(claims.Names())); !slices.Equal(played, want) {
		t.Errorf("played %q, of %q", played, want)
	}
	for _, o := range []options{{long: true}, {programs: "claims,mutants"}} {
		if got := o.share(programs, 0, 5)[1].Args; !slices.Contains(got, "--all") {
			t.Errorf("with %+v the mutants are played with %q", o, got)
		}
	}
}
