package kerneltest

import (
	"math"
	"slices"
)

// ChiSquare compares two rows of counts: how likely is it that they differ as
// much as they do, or more, if both come from one distribution? Bins in which
// less than five are expected are put together with the next.
func ChiSquare(a, b []int) float64 {
	na, nb := total(a), total(b)
	if na == 0 || nb == 0 {
		return 1
	}
	var (
		x        float64
		bins     int
		ca, cb   float64
		smallest = min(na, nb) / (na + nb)
	)
	for i := range a {
		ca, cb = ca+float64(a[i]), cb+float64(b[i])
		if (ca+cb)*smallest < 5 && i < len(a)-1 || ca+cb == 0 {
			continue
		}
		ea, eb := (ca+cb)*na/(na+nb), (ca+cb)*nb/(na+nb)
		x += (ca-ea)*(ca-ea)/ea + (cb-eb)*(cb-eb)/eb
		bins++
		ca, cb = 0, 0
	}
	if bins < 2 {
		return 1
	}
	return upperGamma(float64(bins-1)/2, x/2)
}

func total(counts []int) float64 {
	n := 0
	for _, c := range counts {
		n += c
	}
	return float64(n)
}

// upperGamma is the regularised upper incomplete gamma function Q(a, x), by its
// series or its continued fraction (Abramowitz and Stegun 6.5.29, 6.5.31).
func upperGamma(a, x float64) float64 {
	if x <= 0 {
		return 1
	}
	lg, _ := math.Lgamma(a)
	scale := math.Exp(a*math.Log(x) - x - lg)
	const rounds, enough = 500, 1e-14
	if x < a+1 {
		term, sum := 1/a, 1/a
		for n := 1; n < rounds && term > sum*enough; n++ {
			term *= x / (a + float64(n))
			sum += term
		}
		return 1 - scale*sum
	}
	const tiny = 1e-300
	b := x + 1 - a
	c, d := 1/tiny, 1/b
	h := d
	for n := 1; n < rounds; n++ {
		an := -float64(n) * (float64(n) - a)
		b += 2
		d = 1 / (an*d + b)
		c = b + an/c
		h *= d * c
		if math.Abs(d*c-1) < enough {
			break
		}
	}
	return scale * h
}

// KolmogorovSmirnov compares two samples: how likely is it that their
// distributions differ as much as they do, or more, if they are one? It uses the
// limit for large samples.
func KolmogorovSmirnov(a, b []float64) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 1
	}
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	var i, j int
	worst := 0.0
	for i < len(a) && j < len(b) {
		x := min(a[i], b[j])
		for i < len(a) && a[i] == x {
			i++
		}
		for j < len(b) && b[j] == x {
			j++
		}
		worst = max(worst, math.Abs(float64(i)/float64(len(a))-float64(j)/float64(len(b))))
	}
	n := math.Sqrt(float64(len(a)) * float64(len(b)) / float64(len(a)+len(b)))
	return kolmogorov((n + 0.12 + 0.11/n) * worst)
}

// Uniform compares a sample with the uniform distribution from 0 to 1, as
// KolmogorovSmirnov does two samples.
func Uniform(x []float64) float64 {
	if len(x) == 0 {
		return 1
	}
	worst, n := 0.0, float64(len(x))
	for i, u := range slices.Sorted(slices.Values(x)) {
		worst = max(worst, u-float64(i)/n, float64(i+1)/n-u)
	}
	return kolmogorov((math.Sqrt(n) + 0.12 + 0.11/math.Sqrt(n)) * worst)
}

// kolmogorov is the chance that the limit distribution exceeds x.
func kolmogorov(x float64) float64 {
	if x < 0.2 {
		return 1
	}
	sum, sign := 0.0, 1.0
	for k := 1.0; k <= 100; k++ {
		sum += sign * math.Exp(-2*k*k*x*x)
		sign = -sign
	}
	return min(1, max(0, 2*sum))
}

// Wilcoxon is the signed-rank test: how likely is it that differences lie to one
// side of zero as much as these, or more, if they are as likely to be above as
// below? It uses the normal limit.
func Wilcoxon(differences []float64) float64 {
	var d []float64
	for _, x := range differences {
		if x != 0 {
			d = append(d, x)
		}
	}
	if len(d) < 6 {
		return 1
	}
	size := make([]float64, len(d))
	for i, x := range d {
		size[i] = math.Abs(x)
	}
	sum, n := 0.0, float64(len(d))
	for i, r := range ranks(size) {
		if d[i] > 0 {
			sum += r
		}
	}
	z := (sum - n*(n+1)/4) / math.Sqrt(n*(n+1)*(2*n+1)/24)
	return math.Erfc(math.Abs(z) / math.Sqrt2)
}

// ranks returns the rank of each value, from 1; equal ones share theirs.
func ranks(x []float64) []float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case x[a] < x[b]:
			return -1
		case x[a] > x[b]:
			return 1
		}
		return 0
	})
	out := make([]float64, len(x))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && x[order[j]] == x[order[i]] {
			j++
		}
		for _, at := range order[i:j] {
			out[at] = float64(i+1+j) / 2
		}
		i = j
	}
	return out
}

// Spearman returns the rank correlation of two rows, from -1 to 1.
func Spearman(x, y []float64) float64 { return Pearson(ranks(x), ranks(y)) }

// Pearson returns the linear correlation of two rows, from -1 to 1; 0 if one of
// them never changes.
func Pearson(x, y []float64) float64 {
	if len(x) != len(y) || len(x) < 2 {
		return 0
	}
	var mx, my, xy, xx, yy float64
	for i := range x {
		mx, my = mx+x[i]/float64(len(x)), my+y[i]/float64(len(x))
	}
	for i := range x {
		dx, dy := x[i]-mx, y[i]-my
		xy, xx, yy = xy+dx*dy, xx+dx*dx, yy+dy*dy
	}
	if xx == 0 || yy == 0 {
		return 0
	}
	return xy / math.Sqrt(xx*yy)
}

// Holm reports which of the tests find a difference at this level for all of them
// together (Holm 1979).
func Holm(p []float64, level float64) []bool {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if p[a] < p[b] {
			return -1
		}
		return 1
	})
	found := make([]bool, len(p))
	for i, at := range order {
		if p[at] > level/float64(len(p)-i) {
			break
		}
		found[at] = true
	}
	return found
}
