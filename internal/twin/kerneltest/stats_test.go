package kerneltest_test

import (
	"math"
	"slices"
	"testing"

	"github.com/linger-dev/linger/internal/twin/kerneltest"
)

func near(t *testing.T, what string, got, want, by float64) {
	t.Helper()
	if math.Abs(got-want) > by {
		t.Errorf("%s: %v, must be %v", what, got, want)
	}
}

func TestStatisticsGiveKnownValues(t *testing.T) {
	// The tail has a closed form for one, two and three degrees of freedom.
	x := 2 * (7.5*7.5/52.5 + 7.5*7.5/47.5)
	near(t, "chi-square, one degree", kerneltest.ChiSquare([]int{60, 40}, []int{45, 55}), math.Erfc(math.Sqrt(x/2)), 1e-9)
	x = 2 * (5*5/15. + 5*5/25.)
	near(t, "chi-square, two degrees", kerneltest.ChiSquare([]int{10, 20, 30}, []int{20, 20, 20}), math.Exp(-x/2), 1e-9)
	x = 2 * (5*5/15. + 5*5/35.)
	tail := math.Erfc(math.Sqrt(x/2)) + math.Sqrt(2*x/math.Pi)*math.Exp(-x/2)
	near(t, "chi-square, three degrees", kerneltest.ChiSquare([]int{10, 20, 30, 40}, []int{20, 20, 30, 30}), tail, 1e-9)
	near(t, "chi-square, far out", kerneltest.ChiSquare([]int{900, 100}, []int{100, 900}), 0, 1e-200)
	near(t, "equal rows", kerneltest.ChiSquare([]int{7, 9, 8}, []int{7, 9, 8}), 1, 1e-12)
	near(t, "rank correlation", kerneltest.Spearman([]float64{1, 2, 3, 4, 5}, []float64{2, 1, 4, 3, 5}), 0.8, 1e-12)
	near(t, "no correlation with what never changes", kerneltest.Spearman([]float64{1, 2, 3}, []float64{5, 5, 5}), 0, 0)
	near(t, "signed ranks", kerneltest.Wilcoxon([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}), 0.00506, 1e-4)
	near(t, "signed ranks, balanced", kerneltest.Wilcoxon([]float64{1, -1, 2, -2, 3, -3, 4, -4}), 1, 1e-12)
}

func TestDistributionsThatDifferAreToldApart(t *testing.T) {
	var even, low, evenToo []float64
	for i := range 400 {
		x := (float64(i) + 0.5) / 400
		even, evenToo, low = append(even, x), append(evenToo, math.Mod(x+0.381, 1)), append(low, x*x)
	}
	if p := kerneltest.KolmogorovSmirnov(even, evenToo); p < 0.5 {
		t.Errorf("two even samples: p = %v", p)
	}
	if p := kerneltest.KolmogorovSmirnov(even, low); p > 1e-6 {
		t.Errorf("an even sample and one that is not: p = %v", p)
	}
	if p := kerneltest.Uniform(even); p < 0.99 {
		t.Errorf("an even sample: p = %v", p)
	}
	if p := kerneltest.Uniform(low); p > 1e-6 {
		t.Errorf("a sample that is not even: p = %v", p)
	}
	// The limit distribution's 5 % point is 1.358; the correction for small samples
	// takes something off.
	shifted := make([]float64, len(even))
	for i, x := range even {
		shifted[i] = x + 1.358/math.Sqrt(200)
	}
	near(t, "at the 5 % point", kerneltest.KolmogorovSmirnov(even, shifted), 0.044, 0.007)
}

func TestHolmSharesTheLevel(t *testing.T) {
	got := kerneltest.Holm([]float64{0.04, 0.001, 0.02, 0.3}, 0.05)
	if want := []bool{false, true, false, false}; !slices.Equal(got, want) {
		t.Errorf("%v, must be %v", got, want)
	}
	if got := kerneltest.Holm([]float64{0.01, 0.001, 0.02}, 0.05); slices.Contains(got, false) {
		t.Errorf("%v: each is below its share", got)
	}
}
