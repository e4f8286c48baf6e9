package twin

import (
	"slices"
	"time"
)

// Drive returns a driver of this traffic, which begins now at the earliest. Few
// streams of many groups are faster than many streams.
func (h *Host) Drive(all ...Traffic) *Driver {
	d := &Driver{h: h, next: (h.now-h.start)/1e9*1e9 + h.start + 1e9}
	d.before.Visited = h.counters.Visited
	for _, l := range all {
		l.Groups = slices.DeleteFunc(slices.Clone(l.Groups), func(id GroupID) bool {
			return h.groups[id].span == &h.span && !h.groups[id].connects()
		})
		if len(l.Groups) == 0 || l.Rate <= 0 {
			continue
		}
		if l.Per <= 0 {
			l.Per = time.Second
		}
		s := stream{Traffic: l, opens: max(h.now, h.start+int64(l.Start)), closes: never, stop: never, special: l.Dial != (Dial{})}
		s.brisk = !s.special && (s.Hold > 0 || s.Ends == ByUs) &&
			!slices.ContainsFunc(s.Groups, func(id GroupID) bool { return h.groups[id].span != &h.span })
		s.gap, s.part = int64(l.Per)/l.Rate, int64(l.Per)%l.Rate
		if l.Stop > 0 {
			s.stop = h.start + int64(l.Stop)
		}
		if s.opens >= s.stop {
			s.opens = never
		}
		d.runs = append(d.runs, s)
	}
	return d
}

// Run goes on until this time of the host. It allocates nothing for a connection
// once the host is in balance.
func (d *Driver) Run(until time.Duration) {
	h, end := d.h, d.h.start+int64(until)
	for {
		s, t, other := d.soonest()
		t = min(t, d.next)
		if t > end {
			break
		}
		if t >= h.due || t >= h.resalt {
			h.advance(t)
		} else {
			h.set(t)
		}
		switch {
		case t == d.next:
			d.tick()
		case t == s.closes:
			d.closeOldest(s)
			s.closes = s.live.due()
		default:
			d.burst(s, min(end+1, d.next, other))
		}
	}
	h.advance(end)
}

// soonest returns the stream in which something happens next, when that is, and
// when something happens in another one.
func (d *Driver) soonest() (best *stream, at, other int64) {
	at, other = never, never
	for i := range d.runs {
		s := &d.runs[i]
		if t := min(s.opens, s.closes); t < at {
			best, at, other = s, t, at
		} else {
			other = min(other, t)
		}
	}
	return best, at, other
}

func (s *stream) schedule(h *Host) {
	s.tried++
	if s.Poisson {
		s.opens += h.rand.Exponential(s.gap)
	} else {
		s.opens += s.gap
		if s.carry += s.part; s.carry >= s.Rate {
			s.carry -= s.Rate
			s.opens++
		}
	}
	if s.opens >= s.stop || s.tried == s.Count {
		s.opens = never
	}
}

func (d *Driver) tick() {
	total := Second{Opened: d.Opened, Failed: d.Failed, Closed: d.Closed, Visited: d.h.counters.Visited}
	now := Second{
		Opened: total.Opened - d.before.Opened, Failed: total.Failed - d.before.Failed, Closed: total.Closed - d.before.Closed,
		Visited: total.Visited - d.before.Visited, Longest: d.longest, Minis: d.h.population,
	}
	for i := range d.runs {
		now.Live += d.runs[i].live.len()
	}
	d.Seconds = append(d.Seconds, now)
	d.before, d.longest = total, 0
	d.next += 1e9
}

// open tries one connection.
func (d *Driver) open(s *stream) {
	h := d.h
	g := h.groups[s.Groups[s.turn]]
	if s.turn++; s.turn == len(s.Groups) {
		s.turn = 0
	}
	d.Tried++
	var place int
	if g.span == &h.span {
		place = d.connect(g, s)
	} else {
		place = h.acceptAny(g)
	}
	if place < 0 {
		d.Failed++
		return
	}
	d.Opened++
	if s.Hold == 0 {
		d.close(s, g, place)
		return
	}
	c := held1{at: h.now + int64(s.Hold), group: g.id}
	if !g.loose {
		c.port = g.portAt(place)
	}
	s.live.push(c)
	s.closes = s.live.due()
}

// connect returns the place that was taken, or -1.
func (d *Driver) connect(g *group, s *stream) int {
	var f found
	if !s.special {
		f = d.h.dial(g, g.span)
	} else {
		a, err := d.h.Connect(GroupID(g.id), s.Dial)
		f = found{place: -1, visited: a.Visited, second: a.Second}
		if err == nil {
			f.place = g.place(a.Port)
		}
	}
	d.longest = max(d.longest, f.visited)
	d.note(f)
	return f.place
}

// note remembers when a search first needed both parities, and when one failed.
func (d *Driver) note(f found) {
	if f.second && !d.FirstSecond.Happened {
		d.FirstSecond = d.moment(f)
	}
	if f.place < 0 && !d.FirstFailure.Happened {
		d.FirstFailure = d.moment(f)
	}
}

func (d *Driver) moment(f found) Moment {
	return Moment{Happened: true, At: d.h.Now(), Number: d.Tried, Visited: f.visited}
}

func (d *Driver) closeOldest(s *stream) {
	c := s.live.pop()
	g := d.h.groups[c.group]
	switch {
	case g.loose:
		d.close(s, g, 0)
	case d.h.live(g, c.port): // unless somebody else ended it between two runs
		d.close(s, g, g.place(c.port))
	}
}

func (d *Driver) close(s *stream, g *group, place int) {
	h := d.h
	d.Closed++
	switch {
	case s.Ends == ByUs && g.loose:
		h.closeActively(g, 0, 0)
	case s.Ends == ByUs:
		h.closeActively(g, place, g.portAt(place))
	case s.Ends == Abandoned && !g.loose:
		h.abandon(g, place, 0)
	default:
		h.drop(g, place)
	}
	if len(h.stuck) > 0 {
		h.unstick()
	}
}

// acceptAny is a connection of a peer that chooses its port as this kernel does.
func (h *Host) acceptAny(g *group) int {
	if g.loose {
		h.enterInbound(g)
		return 0
	}
	place := h.search(g, g.span).place
	if place < 0 {
		return -1
	}
	if g.cells[place>>6].busy>>(place&63)&1 != 0 {
		h.kill(g, place)
		h.release(g, place)
	}
	h.accept(g, place)
	return place
}
