package kerneltest

import (
	"fmt"
	"time"
)

// churn opens and closes connections at a rate, so that ports come back after
// tcp_tw_reuse_delay, or not at all.
func (d *draft) churn() {
	d.anywhere()
	d.crowd(2, 2)
	d.span(d.between(5, 200))
	delay := d.between(50, 2000)
	if !d.delays {
		delay = 1000
	}
	d.reuse([]int{1, 1, 1, 2, 2, 0}[d.IntN(6)], delay)
	if d.chance(15) {
		d.set("tcp_timestamps", "0")
	}
	if d.chance(25) {
		d.reserve(1 + d.IntN(30))
	}
	if d.chance(25) {
		d.poison(1 + d.IntN(2))
	}
	// A rate around that which the ports can bear.
	groups := d.c.Sources * d.c.Targets
	hold := time.Duration(d.between(1, 400)) * time.Millisecond
	cycle := hold + time.Duration(delay)*time.Millisecond
	pause := time.Duration(float64(cycle) / float64(d.c.Size()*groups) / (0.6 + 2*d.Float64()))
	pause = min(max(pause, 1500*time.Microsecond), 80*time.Millisecond)
	byUs := 40 + d.IntN(61)
	length := min(2500*time.Millisecond+3*cycle, time.Duration(1200)*pause)
	for d.now < length {
		source, target := d.group()
		of := d.do(Op{Kind: Dial, Source: source, Target: target})
		how := CloseByThem
		switch {
		case d.chance(byUs):
			how = CloseByUs
		case d.chance(30):
			how = Reset
		}
		d.at(d.now+hold, Op{Kind: how, Of: of})
		d.wait(pause)
	}
	d.change(length)
	d.now = length + hold
	d.look()
}

// change lets somebody change a setting in the middle of it all.
func (d *draft) change(length time.Duration) {
	set := func(key, value string) {
		d.at(time.Duration(d.Int64N(int64(length))), Op{Kind: Set, Setting: Setting{"net.ipv4." + key, value}})
	}
	switch d.IntN(8) {
	case 0:
		set("tcp_tw_reuse", fmt.Sprint(d.IntN(3)))
	case 1:
		set("ip_local_port_range", fmt.Sprintf("%d %d", d.c.Low, int(d.c.High)+1+d.IntN(60)))
	case 2:
		if d.delays {
			set("tcp_tw_reuse_delay", fmt.Sprint(d.between(50, 2000)))
		}
	case 3:
		set("tcp_timestamps", fmt.Sprint(d.IntN(2)))
	}
}

// quota closes more connections than tcp_max_tw_buckets lets linger.
func (d *draft) quota() {
	d.anywhere()
	d.crowd(2, 2)
	d.span(d.between(5, 100))
	d.set("tcp_tw_reuse", "0")
	d.set("tcp_max_tw_buckets", fmt.Sprint(d.IntN(d.c.Size()*3/2)))
	for range 3 * d.c.Size() {
		source, target := d.group()
		of := d.do(Op{Kind: Dial, Source: source, Target: target})
		d.wait(brisk)
		d.do(Op{Kind: []Kind{CloseByUs, CloseByUs, CloseByThem}[d.IntN(3)], Of: of})
		if d.chance(5) {
			d.do(Op{Kind: Look})
		}
		d.wait(brisk)
	}
	d.look()
}

// halves leaves orphans in FIN_WAIT2, whose time is tcp_fin_timeout; beyond 60 s
// that means something else. Nothing may take their ports over.
func (d *draft) halves() {
	d.anywhere()
	d.crowd(1, 2)
	d.span(d.between(5, 60))
	d.reuse(1, 50)
	seconds := []int{0, 1, 2, 3, 5, 61, 62, 63}[d.IntN(8)]
	d.set("tcp_fin_timeout", fmt.Sprint(seconds))
	life := time.Duration(max(seconds, 1)) * time.Second
	if seconds > 60 {
		life = 2 * (time.Duration(seconds)*time.Second - time.Minute)
	}
	dials := func() {
		for range d.c.Size() + 2 {
			source, target := d.group()
			of := d.do(Op{Kind: Dial, Source: source, Target: target})
			d.wait(brisk)
			if !d.chance(70) {
				d.at(d.now+2*time.Millisecond, Op{Kind: CloseByThem, Of: of})
				continue
			}
			end := d.now + time.Duration(d.IntN(100))*time.Millisecond
			d.at(end, Op{Kind: Abandon, Of: of})
			if d.chance(25) {
				d.at(end+time.Duration(d.Int64N(int64(life*3/2))), Op{Kind: PeerCloses, Of: of})
			}
		}
	}
	dials()
	d.wait(300 * time.Millisecond)
	for range 6 {
		d.look()
		dials()
		d.wait(life * time.Duration(20+d.IntN(40)) / 100)
	}
	d.look()
}

// minute goes on for longer than TIME_WAIT lasts. The rate is around that which
// the ports can bear without tcp_tw_reuse.
func (d *draft) minute() {
	d.anywhere()
	d.crowd(1, 2)
	d.span(d.between(100, 500))
	d.set("tcp_tw_reuse", "0")
	if d.chance(25) {
		d.reserve(1 + d.IntN(30))
	}
	groups := d.c.Sources * d.c.Targets
	pause := time.Duration(float64(61*time.Second) / float64(d.c.Size()*groups) / (0.5 + d.Float64()))
	length := time.Duration(128+d.IntN(20)) * time.Second
	if d.short {
		length = time.Duration(64+d.IntN(6)) * time.Second
	}
	hold := time.Duration(d.IntN(3000)) * time.Millisecond
	byUs := 70 + d.IntN(31)
	if d.c.Place != Apart {
		// What the peer closes first would be a mini-socket here, and be gone as soon
		// as the same port is chosen again: that is up to chance.
		byUs = 100
	}
	for d.now < length {
		source, target := d.group()
		of := d.do(Op{Kind: Dial, Source: source, Target: target})
		how := CloseByThem
		if d.chance(byUs) {
			how = CloseByUs
		}
		d.at(d.now+hold, Op{Kind: how, Of: of})
		d.wait(pause)
	}
	for at := time.Duration(0); at < length; at += 250 * time.Millisecond {
		d.at(at+d.jitter(), Op{Kind: Look})
	}
}

// jitter keeps looks from always falling together with something else.
func (d *draft) jitter() time.Duration { return time.Duration(d.IntN(50)) * time.Millisecond }
