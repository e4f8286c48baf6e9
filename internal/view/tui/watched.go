package tui

import (
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/view"
)

// watched is since when ports have been seen in TIME_WAIT. A look tells how
// many sockets have how long to go, but not which; of a port that came while
// the page was open it is known. The zero value has seen nothing.
type watched struct {
	last  time.Time
	since map[uint16]time.Time // the zero time: longer than was watched
}

// longestGap is how far two looks may be apart: a port seen at both may have
// waited in between anew, and a map of such would be a guess.
const longestGap = 5 * time.Second

// learn takes in a later look at the same destination; g is nil if it has
// none. Looks that do not follow one another begin anew.
func (w watched) learn(g *view.Group, taken time.Time) watched {
	next := watched{last: taken, since: make(map[uint16]time.Time)}
	gap := taken.Sub(w.last)
	follows := w.since != nil && gap > 0 && gap <= longestGap
	if !follows && gap == 0 && w.since != nil {
		return w
	}
	if g == nil {
		return next
	}
	for p := range g.Tally.TimeWaitPorts.All() {
		since, known := w.since[p]
		switch {
		case !follows:
			since = time.Time{}
		case !known:
			since = taken
		}
		next.since[p] = since
	}
	return next
}

// left returns how long a port has still to wait, at least; false if it was
// there before the watching began.
func (w watched) left(p uint16) (time.Duration, bool) {
	since := w.since[p]
	if since.IsZero() {
		return 0, false
	}
	return max(0, evidence.TimeWaitLen-w.last.Sub(since)), true
}
