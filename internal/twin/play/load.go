package play

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/twin/chance"
)

// LoadKind is how the loads of a fleet's hosts are distributed.
type LoadKind string

// The distributions.
const (
	EvenLoad        LoadKind = "even"        // A for all
	UniformLoad     LoadKind = "uniform"     // from A to B
	ExponentialLoad LoadKind = "exponential" // of mean A
	NormalLoad      LoadKind = "normal"      // of mean A and standard deviation B; never below 0
	LognormalLoad   LoadKind = "lognormal"   // of median A; one standard deviation is a factor of B
)

// Load is a distribution of loads: by what factor the rates of a host differ
// from those of the file. A and B are thousandths. It is computed with integers,
// so that the same seed gives the same fleet on every machine.
type Load struct {
	Kind LoadKind
	A, B int64
}

// Text says in words what the distribution is.
func (l Load) Text() say.Text {
	a, b := thousandths(l.A), thousandths(l.B)
	switch l.Kind {
	case UniformLoad:
		return say.F("evenly from %s to %s", "从 %s 到 %s 的均匀分布", a, b)
	case ExponentialLoad:
		return say.F("exponential, mean %s", "指数分布，均值 %s", a)
	case NormalLoad:
		return say.F("normal, mean %s, deviation %s", "正态分布，均值 %s，标准差 %s", a, b)
	case LognormalLoad:
		return say.F("lognormal, median %s, spread %s", "对数正态分布，中位数 %s，离散倍数 %s", a, b)
	}
	return say.F("%s for all", "均为 %s", a)
}

// thousandths writes a number of thousandths.
func thousandths(v int64) string {
	text := fmt.Sprintf("%d.%03d", v/1000, v%1000)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// one is 1 in fixed point.
const one = int64(1) << 32

// Of returns the load of a host, in thousandths, at least one.
func (l Load) Of(seed uint64, host int) int64 {
	r := chance.New(chance.Hash(seed, uint64(host), 0x10ad))
	v := l.A
	switch l.Kind {
	case UniformLoad:
		v = l.A + int64(r.Below(uint32(l.B-l.A+1)))
	case ExponentialLoad:
		v = r.Exponential(l.A)
	case NormalLoad:
		v = l.A + times(l.B, normal(&r))
	case LognormalLoad:
		v = times(l.A, exp2(times(log2(one/1000*l.B), normal(&r))))
	}
	return min(max(1, v), 1_000_000)
}

// times multiplies by a number in fixed point.
func times(v, fixed int64) int64 {
	negative := (v < 0) != (fixed < 0)
	hi, lo := bits.Mul64(uint64(max(v, -v)), uint64(max(fixed, -fixed)))
	out := int64(hi<<32 | lo>>32)
	if negative {
		return -out
	}
	return out
}

// normal draws from the standard normal distribution, as the sum of twelve
// uniform numbers, which reaches to six deviations (Irwin and Hall).
func normal(r *chance.Source) int64 {
	var sum int64
	for range 12 {
		sum += int64(r.Next() >> 32)
	}
	return sum - 6*one
}

// log2 of a number of at least one, in fixed point.
func log2(x int64) int64 {
	var out int64
	for x >= 2*one {
		x >>= 1
		out += one
	}
	for bit := one / 2; bit > 0; bit >>= 1 {
		if x = times(x, x); x >= 2*one {
			x >>= 1
			out += bit
		}
	}
	return out
}

// exp2 is 2 to the power of x, in fixed point.
func exp2(x int64) int64 {
	whole := x >> 32
	rest := x - whole<<32
	out, root := one, int64(6074001000) // the square root of 2
	for bit := one / 2; bit > 0; bit >>= 1 {
		if rest&bit != 0 {
			out = times(out, root)
		}
		root = squareRoot(root)
	}
	switch {
	case whole > 20:
		return one << 20
	case whole < -32:
		return 0
	case whole < 0:
		return out >> -whole
	}
	return out << whole
}

// squareRoot of a number in fixed point, by Newton's method.
func squareRoot(x int64) int64 {
	y := one + (x-one)/2
	for range 6 {
		q, _ := bits.Div64(uint64(x)>>32, uint64(x)<<32, uint64(y))
		y = (y + int64(q)) / 2
	}
	return y
}

func (p *problems) load(n *node) Load {
	l := Load{Kind: EvenLoad, A: 1000}
	if n.pairs == nil || len(n.pairs) != 1 {
		p.add(n, "a load is one of {even: 1}, {uniform: 0.5..2}, {exponential: 1}, {normal: {mean: 1, deviation: 0.3}}, {lognormal: {median: 1, spread: 1.5}}")
		return l
	}
	p.fields(n, "a load", []field{
		{"even", func(n *node) { l.A = p.thousandths(n) }},
		{"uniform", func(n *node) { l = p.uniform(n) }},
		{"exponential", func(n *node) { l = Load{Kind: ExponentialLoad, A: p.thousandths(n)} }},
		{"normal", func(n *node) { l = p.twoNumbers(n, NormalLoad, "mean", "deviation") }},
		{"lognormal", func(n *node) { l = p.twoNumbers(n, LognormalLoad, "median", "spread") }},
	})
	if l.A < 1 || l.A > 1_000_000 || l.B < 0 || l.B > 1_000_000 || l.Kind == LognormalLoad && (l.B < 1000 || l.B > 10_000) {
		p.add(n, "a load is from 0.001 to 1000, and the spread of a lognormal one from 1 to 10")
	}
	return l
}

func (p *problems) uniform(n *node) Load {
	low, high, ok := strings.Cut(p.value(n), "..")
	a, err1 := parseThousandths(low)
	b, err2 := parseThousandths(high)
	if !ok || err1 != nil || err2 != nil || a > b {
		p.add(n, "%q is no range, such as 0.5..2", n.text)
	}
	return Load{Kind: UniformLoad, A: a, B: b}
}

func (p *problems) twoNumbers(n *node, kind LoadKind, a, b string) Load {
	l := Load{Kind: kind}
	p.fields(n, "a "+string(kind)+" load", []field{
		{a, func(n *node) { l.A = p.thousandths(n) }},
		{b, func(n *node) { l.B = p.thousandths(n) }},
	}, a, b)
	return l
}
