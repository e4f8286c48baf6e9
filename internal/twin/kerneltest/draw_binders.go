package kerneltest

import "time"

// binders lets programs do anything to a handful of ports. SO_REUSEPORT is left
// to cases without connections and without sockets that have only SO_REUSEADDR:
// beside these it depends on the history of the port, which no twin keeps.
func (d *draft) binders() {
	d.anywhere()
	d.crowd(2, 2)
	d.span(5 + d.IntN(8))
	d.reuse(d.IntN(3), 50+d.IntN(200))
	if d.chance(20) {
		d.set("ip_autobind_reuse", "1")
	}
	if d.chance(20) {
		d.set("tcp_timestamps", "0")
	}
	reusePort := d.chance(30)
	options := func() (reuseAddr, reusePort bool) { return d.chance(50), false }
	if reusePort {
		options = func() (bool, bool) {
			some := d.chance(60)
			return some && d.chance(50), some
		}
	}
	var sockets, conns []int
	listens := map[int]bool{}
	pick := func(from []int) int { return from[d.IntN(len(from))] }
	for range 150 + d.IntN(100) {
		d.wait(time.Duration(d.IntN(8)) * time.Millisecond)
		source, target := d.group()
		port := d.c.Low + uint16(d.IntN(d.c.Size()+2)) // some are outside of the range
		switch k := d.IntN(100); {
		case k < 30 || len(sockets) == 0:
			if d.chance(20) {
				port = 0
			}
			op := Op{Kind: Bind, Source: source, Port: port, Wild: d.chance(25)}
			op.ReuseAddr, op.ReusePort = options()
			sockets = append(sockets, d.do(op))
		case k < 40:
			if of := pick(sockets); !listens[of] {
				listens[of] = true
				d.do(Op{Kind: Listen, Of: of})
			}
		case k < 60:
			d.do(Op{Kind: Unbind, Of: pick(sockets)})
		case reusePort:
		case k < 75:
			conns = append(conns, d.do(Op{Kind: Dial, Source: source, Target: target, ReuseAddr: d.chance(20)}))
		case k < 85:
			if of := pick(sockets); !d.c.Ops[of].Wild && !listens[of] {
				conns = append(conns, d.do(Op{Kind: DialFrom, Of: of, Source: d.c.Ops[of].Source, Target: target}))
			}
		case len(conns) > 0:
			d.do(Op{Kind: []Kind{CloseByUs, CloseByUs, CloseByThem, Reset}[d.IntN(4)], Of: pick(conns)})
		}
	}
	d.look()
}
