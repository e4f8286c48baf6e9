package kerneltest

import "math"

// Choices are what was chosen at random, to be compared as distributions.
type Choices struct {
	Starts  []float64 // where in the range the first connection of a group got its port
	Binds   []float64 // the same for bind() to port 0, while there is much room
	Steps   []int     // how far the next connection's port is, while there is much room: 2, 4, … 16, more
	Crowded []float64 // mean of the logarithms of the steps of a group, from a quarter to three quarters of the first parity
}

// mostSteps is the number of bins of Steps.
const mostSteps = 9

// collect adds what a transcript tells.
func (ch *Choices) collect(c *Case, t *Transcript) {
	if ch.Steps == nil {
		ch.Steps = make([]int, mostSteps)
	}
	switch c.Family {
	case Fill, Cliff:
		for source := range c.Sources {
			for target := range c.Targets {
				ch.walk(c, t, source, target)
			}
		}
	case Chosen:
		n := 0
		for i := range c.Ops {
			if op := &c.Ops[i]; op.Kind == Bind && t.Done[i].Errno == OK {
				if n++; n > c.Size()/8 {
					return
				}
				ch.Binds = append(ch.Binds, c.part(t.Done[i].Port))
			}
		}
	}
}

// part is where in the range a port is, from 0 to 1.
func (c *Case) part(port uint16) float64 { return float64(port-c.Low) / float64(c.Size()) }

// walk goes along the connections of one group until one fails or leaves the
// first parity.
func (ch *Choices) walk(c *Case, t *Transcript, source, target int) {
	half := c.Size() / 2
	var (
		n, crowded int
		last       uint16
		sum        float64
	)
	for i := range c.Ops {
		op, d := &c.Ops[i], &t.Done[i]
		if op.Kind == CloseByThem || op.Kind == Reset {
			break
		}
		if op.Kind != Dial || op.Source != source || op.Target != target {
			continue
		}
		if d.Errno != OK || (d.Port-c.Low)&1 == 1 {
			break
		}
		if n == 0 {
			ch.Starts = append(ch.Starts, c.part(d.Port))
		} else if d.Port > last {
			step := int(d.Port - last)
			if n < half/4 && half >= 32 {
				ch.Steps[min(step/2-1, mostSteps-1)]++
			} else if n < half*3/4 {
				sum += math.Log2(float64(step))
				crowded++
			}
		}
		n, last = n+1, d.Port
	}
	if crowded >= 8 {
		ch.Crowded = append(ch.Crowded, sum/float64(crowded))
	}
}

// Test is a statistical comparison of kernel and twin.
type Test struct {
	What, Name string
	Kernel     int // how many observations
	Twin       int
	P          float64
	Found      bool // a difference, at the level of all tests together
}

// compareChoices tests all distributions.
func compareChoices(kernel, twin *Choices, recycled []float64, all *Prediction) []Test {
	ks := func(what string, a, b []float64) Test {
		return Test{What: what, Name: "Kolmogorov-Smirnov", Kernel: len(a), Twin: len(b), P: KolmogorovSmirnov(a, b)}
	}
	tests := []Test{
		{
			What: "distance to the next port while there is room", Name: "chi-square",
			Kernel: int(total(kernel.Steps)), Twin: int(total(twin.Steps)), P: ChiSquare(kernel.Steps, twin.Steps),
		},
		ks("mean distance to the next port in a crowded range", kernel.Crowded, twin.Crowded),
		ks("where a destination's first port lies", kernel.Starts, twin.Starts),
		ks("ports of bind() to port 0 while there is room", kernel.Binds, twin.Binds),
		{
			What: "how many ports are taken over from TIME_WAIT, case by case", Name: "Wilcoxon",
			Kernel: len(recycled), Twin: len(recycled), P: Wilcoxon(recycled),
		},
	}
	for _, s := range []struct {
		what   string
		places []float64
	}{
		{"connections that succeed, where that is random", all.Successes.Places},
		{"the first one that fails, where that is random", all.Failures.Places},
		{"the first one of the second parity, where that is random", all.Halves.Places},
	} {
		tests = append(tests, Test{What: s.what, Name: "Kolmogorov-Smirnov of ranks", Kernel: len(s.places), Twin: len(s.places), P: Uniform(s.places)})
	}
	var p []float64
	for _, t := range tests {
		p = append(p, t.P)
	}
	for i, found := range Holm(p, significance) {
		tests[i].Found = found
	}
	return tests
}
