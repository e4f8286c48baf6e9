package timeline

import (
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// drawing is the part of a timeline that is drawn, in the order of time.
type drawing struct {
	hosts       []string
	connections []tcp.FourTuple // each as the end sees it that was seen first
	segments    []evidence.Passage
	stays       []evidence.Stay
	notes       []evidence.Remark
	end         time.Duration

	// skipped segments lie before segments[skipAt], the last of them at skipEnd.
	skipped  int
	skipAt   int
	skipFrom time.Duration
	skipEnd  time.Duration

	omitted omitted
}

// omitted is what a picture lacks besides skipped segments.
type omitted struct{ hosts, connections, segments, stays, notes int }

// choose takes the first of everything, and of segments also the last: the end
// of a connection is what this is about.
func choose(t evidence.Timeline) drawing {
	t.Segments, t.States, t.Notes = slices.Clone(t.Segments), slices.Clone(t.States), slices.Clone(t.Notes)
	t.Sort()
	d := drawing{end: t.End, omitted: omitted{
		segments: t.Dropped.Segments, stays: t.Dropped.States, notes: t.Dropped.Notes,
	}}
	d.chooseHosts(t)
	d.chooseConnections(t)
	for _, s := range t.Segments {
		if d.host(s.From) < 0 || d.host(s.To) < 0 || d.connection(s.Tuple) < 0 {
			d.omitted.segments++
			continue
		}
		d.segments = append(d.segments, s)
	}
	d.skip()
	for _, s := range t.States {
		if d.host(s.Host) < 0 || !listens(s.Tuple) && d.connection(s.Tuple) < 0 || len(d.stays) == maxStays {
			d.omitted.stays++
			continue
		}
		d.stays = append(d.stays, s)
	}
	for _, n := range t.Notes {
		if n.Host != "" && d.host(n.Host) < 0 || len(d.notes) == maxNotes {
			d.omitted.notes++
			continue
		}
		d.notes = append(d.notes, n)
	}
	return d
}

// chooseHosts also takes hosts that only events name.
func (d *drawing) chooseHosts(t evidence.Timeline) {
	all := map[string]bool{}
	add := func(name string) {
		if all[name] {
			return
		}
		all[name] = true
		if len(d.hosts) < maxHosts {
			d.hosts = append(d.hosts, name)
		} else {
			d.omitted.hosts++
		}
	}
	for _, name := range t.Hosts {
		add(name)
	}
	for _, s := range t.Segments {
		add(s.From)
		add(s.To)
	}
	for _, s := range t.States {
		add(s.Host)
	}
}

func (d *drawing) chooseConnections(t evidence.Timeline) {
	all := map[tcp.FourTuple]bool{}
	add := func(tuple tcp.FourTuple) {
		if all[tuple] || listens(tuple) {
			return
		}
		all[tuple], all[tuple.Reverse()] = true, true
		if len(d.connections) < maxConnections {
			d.connections = append(d.connections, tuple)
		} else {
			d.omitted.connections++
		}
	}
	states := t.States
	for _, s := range t.Segments {
		for len(states) > 0 && states[0].From < s.At {
			add(states[0].Tuple)
			states = states[1:]
		}
		add(s.Tuple)
	}
	for _, s := range states {
		add(s.Tuple)
	}
}

// skip leaves out the middle of the segments if they are too many.
func (d *drawing) skip() {
	n := len(d.segments) - firstSegments - lastSegments
	if n <= 0 {
		return
	}
	d.skipped, d.skipAt = n, firstSegments
	d.skipFrom, d.skipEnd = d.segments[firstSegments].At, d.segments[firstSegments+n-1].At
	d.segments = append(d.segments[:firstSegments:firstSegments], d.segments[firstSegments+n:]...)
}

// listens tells the socket of a listener, which has no peer.
func listens(t tcp.FourTuple) bool { return t.Dst.Port() == 0 }

func (d *drawing) host(name string) int { return slices.Index(d.hosts, name) }

// connection returns the number of a connection, from 0, or -1.
func (d *drawing) connection(t tcp.FourTuple) int {
	return slices.IndexFunc(d.connections, func(c tcp.FourTuple) bool { return c == t || c == t.Reverse() })
}

// isLast reports whether no other state of the same socket comes later.
func (d *drawing) isLast(s evidence.Stay) bool {
	for _, other := range d.stays {
		if other.Host == s.Host && other.Tuple == s.Tuple && (other.Open || other.Until > s.Until) {
			return false
		}
	}
	return true
}
