package kerneltest

import (
	"time"

	"github.com/linger-dev/linger/internal/evidence"
)

// brisk is the pause between operations whose times do not matter.
const brisk = 300 * time.Microsecond

// fill holds connections until no port is left, ends them all, and begins
// again.
func (d *draft) fill() {
	d.anywhere()
	d.crowd(3, 4)
	d.span(d.between(5, 500))
	d.set("tcp_tw_reuse", "0")
	reserved := new(evidence.PortSet)
	if d.chance(50) {
		reserved = d.reserve(1 + d.IntN(40))
	}
	d.poison(d.IntN(4))
	groups := d.c.Sources * d.c.Targets
	left := d.c.Size() - reserved.Len()
	for round := 0; round < 3; round++ {
		var open []int
		for i := range min(1500, (left+3)*groups) {
			source, target := i%groups%d.c.Sources, i%groups/d.c.Sources
			open = append(open, d.do(Op{Kind: Dial, Source: source, Target: target}))
			d.wait(brisk)
		}
		d.look()
		for _, of := range open {
			d.do(Op{Kind: []Kind{CloseByThem, Reset}[d.IntN(2)], Of: of})
			d.wait(brisk / 2)
		}
		d.look()
		if len(open) > 300 || d.chance(40) {
			return
		}
	}
}

// poison lets programs bind ports of the range: at another address, where an
// automatic connect() passes over them all the same.
func (d *draft) poison(n int) {
	for range n {
		port := d.c.Low + uint16(d.IntN(d.c.Size()))
		of := d.do(Op{Kind: Bind, Source: d.IntN(d.c.Sources), Port: port, Wild: d.chance(30)})
		if d.chance(50) {
			d.do(Op{Kind: Listen, Of: of})
		}
	}
}

// cliff goes past the half of a large range, where connect() becomes slow.
func (d *draft) cliff() {
	d.c.V6 = d.chance(30)
	d.span(2 * (800 + d.IntN(1000)))
	d.set("tcp_tw_reuse", "0")
	for range d.c.Size() * 62 / 100 {
		d.do(Op{Kind: Dial})
		d.wait(brisk / 3)
	}
	d.do(Op{Kind: Look})
}

// chosen lets bind() choose ports until none is left, with and without
// SO_REUSEADDR, on top of some connections.
func (d *draft) chosen() {
	d.anywhere()
	d.crowd(2, 2)
	d.span(d.between(5, 300))
	d.set("tcp_tw_reuse", "0")
	if d.chance(30) {
		d.set("ip_autobind_reuse", "1")
	}
	if d.chance(50) {
		d.reserve(1 + d.IntN(30))
	}
	for range d.IntN(d.c.Size()/2 + 1) {
		source, target := d.group()
		of := d.do(Op{Kind: Dial, Source: source, Target: target})
		if d.chance(50) {
			d.do(Op{Kind: CloseByUs, Of: of})
		}
		d.wait(brisk)
	}
	reuseAddr := d.chance(50)
	for round := 0; round < 2; round++ {
		var open []int
		for range d.c.Size() + 3 {
			open = append(open, d.do(Op{Kind: Bind, Source: d.IntN(d.c.Sources), ReuseAddr: reuseAddr, Wild: d.chance(20)}))
			d.wait(brisk)
		}
		d.look()
		for _, of := range open {
			d.do(Op{Kind: Unbind, Of: of})
		}
		d.wait(time.Millisecond)
	}
}

// served opens a listener inside the range, serves some peers, closes it, and
// looks who may use its port then.
func (d *draft) served() {
	d.c.V6 = d.chance(35)
	d.crowd(2, 2)
	d.span(d.between(5, 40))
	d.set("tcp_tw_reuse", "0")
	port := d.c.Low + uint16(d.IntN(d.c.Size()))
	reuseAddr := d.chance(50)
	for round := 0; round < 3; round++ {
		listener := d.do(Op{Kind: Bind, Port: port, ReuseAddr: reuseAddr || d.chance(30), Wild: d.chance(30)})
		d.do(Op{Kind: Listen, Of: listener})
		var open []int
		for i := range 1 + d.IntN(6) {
			open = append(open, d.do(Op{Kind: Accept, Of: listener, Port: uint16(50000 + i)}))
			d.wait(time.Millisecond)
		}
		d.do(Op{Kind: Unbind, Of: listener})
		var dials []int
		for range d.c.Size() + 2 {
			dials = append(dials, d.do(Op{Kind: Dial, Target: d.c.Targets - 1}))
			d.wait(brisk)
		}
		for _, of := range open {
			d.do(Op{Kind: []Kind{CloseByUs, CloseByThem, Reset}[d.IntN(3)], Of: of})
			d.wait(time.Millisecond)
		}
		d.look()
		for _, of := range dials {
			d.do(Op{Kind: CloseByThem, Of: of})
		}
		for range 3 {
			of := d.do(Op{Kind: Bind, Source: d.IntN(d.c.Sources), Port: port, ReuseAddr: d.chance(50), Wild: d.chance(30)})
			d.do(Op{Kind: Listen, Of: of})
			d.do(Op{Kind: Unbind, Of: of})
		}
		for i := range d.c.Size() + 2 {
			of := d.do(Op{Kind: Dial})
			d.wait(brisk)
			d.at(d.now+time.Duration(d.c.Size()+2-i)*brisk+5*time.Millisecond, Op{Kind: CloseByThem, Of: of})
		}
		d.wait(50 * time.Millisecond)
	}
}
