package kerneltest

import (
	"math/rand/v2"
	"testing"
)

func TestTmpOdd(t *testing.T) {
	m, err := OpenMachine()
	if err != nil {
		t.Fatal(err)
	}
	var cases []*Case
	for i := 0; len(cases) < 120; i++ {
		c := DrawOne(Options{Seed: 78, Kernel: m.Clock().Release, Short: true}, i, Churn)
		if c.Size()&1 == 1 && len(c.Ops) < 2000 {
			cases = append(cases, c)
		}
	}
	all, err := m.playAll(cases, nil)
	if err != nil {
		t.Fatal(err)
	}
	var f, s, h, f2, s2 Score
	var hist, hist2 [10]int
	rnd := rand.New(rand.NewPCG(1, 2))
	for i, tr := range all {
		c := cases[i]
		p, err := Judge(c, tr)
		if err != nil {
			t.Fatal(err)
		}
		f.add(p.Failures)
		s.add(p.Successes)
		h.add(p.Halves)
		for _, x := range p.Failures.Places {
			hist[int(x*10)]++
		}
		var said [][]Group
		for seed := range uint64(60) {
			x, _ := foretell(c, tr.Clock, tweak{seed: 1000 + seed, really: tr})
			said = append(said, Measure(c, x))
		}
		for g, r := range Measure(c, tr) {
			var ff, ss []int
			for _, x := range said {
				ff = append(ff, x[g].FirstFailure)
				ss = append(ss, x[g].Succeeded)
			}
			f2.count(r.FirstFailure, ff, ff, rnd)
			s2.count(r.Succeeded, ss, ss, rnd)
		}
	}
	for _, x := range f2.Places {
		hist2[int(x*10)]++
	}
	t.Log(f.Exact, f.Random, f.Wrong, Uniform(f.Places), hist)
	t.Log(s.Exact, s.Random, s.Wrong, Uniform(s.Places))
	t.Log(h.Exact, h.Random, h.Wrong, Uniform(h.Places))
	t.Log("hindsight", f2.Exact, f2.Random, f2.Wrong, Uniform(f2.Places), hist2)
	t.Log("hindsight", s2.Exact, s2.Random, s2.Wrong, Uniform(s2.Places))
}
