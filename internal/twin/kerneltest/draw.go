package kerneltest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
)

// share says how many cases of a family there are in one round of all.
type share struct {
	family Family
	weight int
	draw   func(*draft)
}

func shares() []share {
	return []share{
		{Fill, 5, (*draft).fill},
		{Churn, 6, (*draft).churn},
		{Binders, 3, (*draft).binders},
		{Quota, 1, (*draft).quota},
		{Halves, 2, (*draft).halves},
		{Served, 1, (*draft).served},
		{Chosen, 1, (*draft).chosen},
		{Minute, 4, (*draft).minute},
		{Cliff, 1, (*draft).cliff},
	}
}

// Options say what cases to draw.
type Options struct {
	Seed   uint64
	Cases  int
	Kernel evidence.Kernel
	Short  bool // no case takes longer than 80 s
}

// Draw makes cases. The same options give the same cases. Every family has its
// share of any long run of them.
func Draw(o Options) []*Case {
	var turn []Family
	for round := range 24 {
		for _, s := range shares() {
			if round < s.weight {
				turn = append(turn, s.family)
			}
		}
	}
	cases := make([]*Case, o.Cases)
	for i := range cases {
		cases[i] = DrawOne(o, i, turn[i%len(turn)])
	}
	return cases
}

// DrawOne makes a case of one family.
func DrawOne(o Options, number int, family Family) *Case {
	d := &draft{
		c:      &Case{Number: number, Seed: o.Seed, Family: family, Sources: 1, Targets: 1, Place: Apart},
		Rand:   rand.New(rand.NewPCG(o.Seed, uint64(number))),
		delays: o.Kernel.AtLeast(6, 14),
		short:  o.Short,
	}
	for range 4 { // the first numbers of neighbouring seeds look alike
		d.Uint64()
	}
	for _, s := range shares() {
		if s.family == family {
			s.draw(d)
		}
	}
	d.finish()
	return d.c
}

// draft is a case that is being drawn.
type draft struct {
	*rand.Rand
	c      *Case
	now    time.Duration // where the next operation is planned
	delays bool          // the kernel has tcp_tw_reuse_delay
	short  bool
}

// chance is true in so many of a hundred cases.
func (d *draft) chance(percent int) bool { return d.IntN(100) < percent }

// between returns a number from low to high, small ones as likely as great ones
// of another order.
func (d *draft) between(low, high int) int {
	x := math.Exp(math.Log(float64(low)) + d.Float64()*math.Log(float64(high+1)/float64(low)))
	return min(high, max(low, int(x)))
}

// span gives the case a range of ports. Most have an even number: for odd ones
// chance decides how many connections there can be.
func (d *draft) span(size int) {
	if size&1 == 1 && d.chance(60) {
		size++
	}
	d.c.Low = uint16(20000 + d.IntN(20000))
	d.c.High = d.c.Low + uint16(size-1)
}

// anywhere chooses family and place.
func (d *draft) anywhere() {
	d.c.V6 = d.chance(35)
	switch d.IntN(4) {
	case 0:
		d.c.Place = Same
	case 1:
		d.c.Place = Loop
	}
}

// crowd chooses how many addresses are involved. ::1 is the only one of its kind.
func (d *draft) crowd(sources, targets int) {
	d.c.Sources, d.c.Targets = 1+d.IntN(sources), 1+d.IntN(targets)
	if d.c.V6 && d.c.Place == Loop {
		d.c.Sources = 1
	}
}

func (d *draft) set(key, value string) {
	d.c.Settings = append(d.c.Settings, Setting{Key: "net.ipv4." + key, Value: value})
}

// reuse sets tcp_tw_reuse, and its delay where that exists.
func (d *draft) reuse(mode, delay int) {
	d.set("tcp_tw_reuse", fmt.Sprint(mode))
	if d.delays {
		d.set("tcp_tw_reuse_delay", fmt.Sprint(delay))
	}
}

// longestList bounds the text of ip_local_reserved_ports: the laboratory reads
// back what it wrote, and the kernel gives a small buffer only the beginning.
const longestList = 400

// reserve reserves about so many of a hundred ports of the range, in runs, and
// returns them. Some are left.
func (d *draft) reserve(percent int) *evidence.PortSet {
	set, size := new(evidence.PortSet), d.c.Size()
	run := 1 + d.IntN(max(1, size/20))
	for tries := 0; set.Len()*100 < size*percent && len(set.String()) < longestList && tries < size; tries++ {
		from := d.IntN(size)
		for n := from; n < min(size, from+run) && set.Len() < size-1; n++ {
			set.Add(d.c.Low + uint16(n))
		}
	}
	if set.Len() > 0 {
		d.set("ip_local_reserved_ports", set.String())
	}
	return set
}

// do adds an operation at the present time and returns its number.
func (d *draft) do(op Op) int {
	op.At = d.now
	d.c.Ops = append(d.c.Ops, op)
	return len(d.c.Ops) - 1
}

// at adds an operation at another time.
func (d *draft) at(t time.Duration, op Op) int {
	op.At = t
	d.c.Ops = append(d.c.Ops, op)
	return len(d.c.Ops) - 1
}

func (d *draft) wait(t time.Duration) { d.now += t }

// look counts and lists, a moment after all that went before is over.
func (d *draft) look() {
	d.wait(60 * time.Millisecond)
	d.do(Op{Kind: Look, Deep: true})
	d.wait(5 * time.Millisecond)
}

// group returns one of the case's pairs of addresses.
func (d *draft) group() (source, target int) { return d.IntN(d.c.Sources), d.IntN(d.c.Targets) }

// finish puts the operations into the order of their times.
func (d *draft) finish() {
	ops := d.c.Ops
	order := make([]int, len(ops))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(ops[a].At - ops[b].At) })
	place := make([]int, len(ops))
	sorted := make([]Op, len(ops))
	for to, from := range order {
		place[from] = to
		sorted[to] = ops[from]
	}
	for i := range sorted {
		if sorted[i].Kind.refers() {
			sorted[i].Of = place[sorted[i].Of]
		}
	}
	d.c.Ops = sorted
}

// refers reports whether the operation is about an earlier one.
func (k Kind) refers() bool { return k.needs() != gone }
