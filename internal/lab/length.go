package lab

import (
	"time"

	"github.com/linger-dev/linger/internal/scenario"
)

// ends estimates when each step of a play will have ended, counted from its
// beginning, if all goes well: only waiting takes time.
func ends(p *scenario.Play) []time.Duration {
	var now time.Duration
	marks := map[string]time.Duration{}
	out := make([]time.Duration, len(p.Steps))
	for i, s := range p.Steps {
		marks[s.Label] = now
		switch a := s.Action.(type) {
		case scenario.Wait:
			now += a.For
		case scenario.Inject:
			now += time.Duration(max(a.Times-1, 0)) * a.Every
		case scenario.Expect:
			now += a.For
			if a.After != nil {
				now = max(now, marks[a.Since]+(a.After.Low+a.After.High)/2)
			}
		}
		out[i] = now
	}
	return out
}

// Length estimates how long a scenario takes: its longest play.
func Length(f *scenario.File) time.Duration {
	var longest time.Duration
	for _, p := range f.Plays() {
		if e := ends(&p); len(e) > 0 {
			longest = max(longest, e[len(e)-1])
		}
	}
	return longest
}
