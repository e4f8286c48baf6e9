package tracer

import (
	"strconv"
	"testing"
	"time"
)

// Without records the programs take fewer paths.
func TestKernelCountingAloneTellsTheSameAsTheDriver(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	tr := openTracer(t, Options{Namespace: l.ns})
	some := strconv.Itoa(connections() / 4)
	_, end := l.serve()
	l.run(
		[]string{"client", countEnv + "=" + some},
		[]string{"client", countEnv + "=" + some},
		[]string{"victim", countEnv + "=50", wayEnv + "=kill"},
		[]string{"victim", countEnv + "=50", wayEnv + "=exit"},
		[]string{"holder", countEnv + "=50"},
	)
	end()
	truths := readTruths(t, l.truth)
	groups, c := settled(t, tr, len(truths))
	checkSums(t, groups, &c)

	type kind struct {
		pid    int
		origin Origin
		first  First
		how    How
	}
	surplus := map[kind]int{}
	withheld := 0
	for _, want := range truths {
		if _, known, err := tr.Find(want.cookie); err != nil {
			t.Fatal(err)
		} else if known {
			withheld++ // see slack_linux_test.go
			continue
		}
		k := kind{want.closer, want.origin, want.first, want.how}
		if want.closer == 0 {
			k.pid, k.how = want.opener, UnknownHow
		}
		surplus[k]--
	}
	for _, g := range groups {
		surplus[kind{g.Owner.PID, g.Origin, g.First, g.How}] += int(g.Closed)
	}
	allowed := 0
	if running().AtLeast(6, 19) {
		allowed = 2 * int(c.Missed)
	}
	wrong := 0
	for k, n := range surplus {
		if n != 0 {
			t.Logf("%d too many of %+v", n, k)
		}
		wrong += max(n, -n)
	}
	t.Logf("%d ends of connections in %d groups, %d withheld by the kernel, %d state changes missed", len(truths), len(groups), withheld, c.Missed)
	if wrong > allowed || withheld > len(truths)/1000 {
		t.Errorf("%d wrong, %d withheld, of %d", wrong, withheld, len(truths))
	}
}

// settled waits for so many ends, or until no more come.
func settled(t *testing.T, tr *Tracer, ends int) (groups []Group, c Coverage) {
	t.Helper()
	for range 20 {
		var err error
		if groups, c, err = tr.Aggregate(); err != nil {
			t.Fatal(err)
		}
		if c.Closed >= uint64(ends) {
			break
		}
		time.Sleep(patience)
	}
	return groups, c
}
