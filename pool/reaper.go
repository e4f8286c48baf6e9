package pool

import "time"

// idle is a link seen idle, and the turn in which it was.
type idle struct {
	link *link
	turn uint64
}

// idle appends the links that nobody has to buf.
func (d *destination) idle(buf []idle) []idle {
	d.mu.Lock()
	defer d.mu.Unlock()
	for l := range d.links {
		if turn := l.turn.Load(); turn%2 == 0 {
			buf = append(buf, idle{l, turn})
		}
	}
	return buf
}

// reap looks at all idle connections again and again, without taking them: a
// borrower who comes meanwhile gets them as ever, and then the look is void.
func (p *Pool) reap() {
	defer close(p.reaper)
	ticker := time.NewTicker(p.opts.CheckInterval)
	defer ticker.Stop()
	r := rounds{pool: p, eye: newEye(), seen: make(map[*destination]activity)}
	for {
		select {
		case <-p.closing.Done():
			return
		case <-ticker.C:
			r.walk()
		}
	}
}

// rounds is what the reaper remembers from one round to the next.
type rounds struct {
	pool *Pool
	eye  *eye
	buf  []idle
	seen map[*destination]activity
}

// activity is when a destination was last seen to be of use.
type activity struct {
	gets uint64
	at   time.Duration
}

func (r *rounds) walk() {
	for _, d := range r.pool.all() {
		r.inspect(d)
		if r.unused(d) && r.pool.forget(d) {
			delete(r.seen, d)
		}
		if r.pool.closing.Err() != nil {
			return
		}
	}
	// A connection whose caller gave up while it was dialled becomes idle
	// without a look at who waits for a place.
	for r.pool.places.wanted() && r.pool.shrink() {
	}
}

func (r *rounds) inspect(d *destination) {
	r.buf = d.idle(r.buf[:0])
	buried := false
	for _, i := range r.buf {
		if why, unfit := i.link.judge(r.pool.clock.now(), i.turn, r.eye); unfit && i.link.bury(i.turn, why) {
			buried = true
		}
	}
	clear(r.buf) // keep nothing alive
	if buried {
		d.sweep()
	}
}

// unused reports whether a destination was of no use for ForgetAfter.
func (r *rounds) unused(d *destination) bool {
	now, gets := r.pool.clock.now(), d.counts.attempts()
	last, known := r.seen[d]
	if !known || gets != last.gets || !d.empty() {
		r.seen[d] = activity{gets, now}
		return false
	}
	return now-last.at >= r.pool.opts.ForgetAfter
}

// empty reports whether nobody has, wants or dials a connection. Puddle knows of
// a dial before its goroutine runs, and of a close until it is done.
func (d *destination) empty() bool {
	return d.asking.Load() == 0 && d.conns.Stat().TotalResources() == 0
}

// forget drops a destination, unless somebody has come.
func (p *Pool) forget(d *destination) bool {
	p.mu.Lock()
	if !d.empty() || p.closed {
		p.mu.Unlock()
		return false
	}
	delete(p.destinations, d.key)
	p.past.add(d.sum())
	p.mu.Unlock()
	d.conns.Close() // waits for nothing: it is empty
	return true
}

// shrink closes the connection that has been idle for longest.
func (p *Pool) shrink() bool {
	for {
		var oldest idle
		for _, d := range p.all() {
			for _, i := range d.idle(nil) {
				if oldest.link == nil || i.link.idleSince.Load() < oldest.link.idleSince.Load() {
					oldest = i
				}
			}
		}
		if oldest.link == nil {
			return false
		}
		if oldest.link.bury(oldest.turn, ClosedEvicted) {
			oldest.link.dest.sweep()
			return true
		}
	}
}
