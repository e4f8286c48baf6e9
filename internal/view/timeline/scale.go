package timeline

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// lane is a strip of the picture in which things must not overlap: the side of
// a host's line that arrows touch, a column of states, a column of notes.
type lane struct {
	kind rune
	i, j int
}

// need is the room that an event takes in a lane: above it, below what was
// last there, and below it.
type need struct {
	lane         lane
	above, below float64
}

// event is something that has a place in time and gets one in the picture.
type event struct {
	at    time.Duration
	needs []need
	// after and by keep it below another event, which comes before it: the
	// arrival of a segment below its sending, so that arrows slant.
	after *float64
	by    float64
	shown bool     // its time is written at the margin
	y     *float64 // where its place is put
	// band, if not empty, makes the event a cut through all lanes, until skip.
	band string
	skip time.Duration
}

// band is a cut in time.
type band struct {
	y    float64 // of its upper edge
	text string
}

const (
	bandHeight = 30
	bandMargin = 10
)

// scale puts events on the vertical axis.
type scale struct {
	y     float64 // of the last event
	used  map[lane]float64
	bands []band
	marks []mark
}

// mark is a time written at the margin.
type mark struct {
	y    float64
	text string
}

// place gives every event its y. Events never change their order. It returns
// where the picture ends.
func (s *scale) place(events []event, top float64, end time.Duration) float64 {
	s.y, s.used = top, map[lane]float64{}
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	var now time.Duration
	for i, e := range events {
		if i > 0 || e.at >= pause {
			s.pass(e.at - now)
		}
		now = max(now, e.at)
		if e.band != "" {
			s.cut(e.band)
			now = max(now, e.skip)
			continue
		}
		s.put(e)
	}
	s.pass(end - now)
	return max(s.y, s.lowest()) + bandMargin
}

// pass lets time go by: short times at a scale that is almost logarithmic,
// long ones as a cut.
func (s *scale) pass(d time.Duration) {
	switch {
	case d >= pause:
		s.cut("… " + span(d) + " …")
	case d > 0:
		s.y += 3 + 6*math.Log10(1+float64(d)/float64(50*time.Microsecond))
	}
}

func (s *scale) cut(text string) {
	s.y = max(s.y, s.lowest()) + bandMargin
	s.bands = append(s.bands, band{s.y, text})
	s.y += bandHeight + bandMargin
}

func (s *scale) lowest() float64 {
	lowest := 0.0
	for _, y := range s.used {
		lowest = max(lowest, y)
	}
	return lowest
}

func (s *scale) put(e event) {
	if e.after != nil {
		s.y = max(s.y, *e.after+e.by)
	}
	for _, n := range e.needs {
		if last, ok := s.used[n.lane]; ok {
			s.y = max(s.y, last+n.above)
		}
	}
	for _, n := range e.needs {
		s.used[n.lane] = s.y + n.below
	}
	*e.y = s.y
	if e.shown {
		s.mark(e.at)
	}
}

// mark writes a time, unless it hides the one before or says the same.
func (s *scale) mark(at time.Duration) {
	m := mark{s.y, clock(at)}
	if n := len(s.marks); n > 0 && (m.y-s.marks[n-1].y < lineHeight || m.text == s.marks[n-1].text) {
		return
	}
	s.marks = append(s.marks, m)
}
