package kerneltest

import (
	"time"

	"github.com/linger-dev/linger/internal/evidence"
)

// Group is what a transcript tells of the connections between one source and
// one target that looked for a port. Numbers count from 1; 0 means never.
type Group struct {
	Tried, Succeeded int
	FirstFailure     int           // number of the connection that found no port first
	FailedAt         time.Duration // when
	FirstSecond      int           // number of the first one that got a port of the second parity
}

// Measure tells of each group of a case: source by source, target by target.
func Measure(c *Case, t *Transcript) []Group {
	groups := make([]Group, c.Sources*c.Targets)
	for i := range c.Ops {
		op, d := &c.Ops[i], &t.Done[i]
		if op.Kind != Dial || d.Skipped {
			continue
		}
		g := &groups[op.Source*c.Targets+op.Target]
		g.Tried++
		switch {
		case d.Errno != OK:
			if g.FirstFailure == 0 {
				g.FirstFailure, g.FailedAt = g.Tried, d.Began
			}
			continue
		case (d.Port-c.Low)&1 == 1 && g.FirstSecond == 0:
			g.FirstSecond = g.Tried
		}
		g.Succeeded++
	}
	return groups
}

// minuteMeans returns the mean number of mini-sockets in each span of a minute
// that begins with a look and is wholly looked at.
func minuteMeans(c *Case, t *Transcript) []float64 {
	var at []time.Duration
	var sums []int
	sum := 0
	for i := range c.Ops {
		if c.Ops[i].Kind == Look {
			at, sums = append(at, c.Ops[i].At), append(sums, sum)
			sum += t.Done[i].Minis
		}
	}
	sums = append(sums, sum)
	var means []float64
	for from, to := 0, 0; from < len(at); from++ {
		for to < len(at) && at[to]-at[from] <= evidence.TimeWaitLen {
			to++
		}
		if to == len(at) {
			break
		}
		means = append(means, float64(sums[to]-sums[from])/float64(to-from))
	}
	return means
}

// looks returns the numbers of mini-sockets that were counted.
func looks(c *Case, t *Transcript) []int {
	var minis []int
	for i := range c.Ops {
		if c.Ops[i].Kind == Look {
			minis = append(minis, t.Done[i].Minis)
		}
	}
	return minis
}
