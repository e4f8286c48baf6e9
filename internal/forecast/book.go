package forecast

import (
	"cmp"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/twin"
)

// Book is what may be asked about one snapshot, as long as the work that the
// options allow lasts. Not safe for concurrent use.
type Book struct {
	snap *evidence.Snapshot
	o    Options
	left int // work
}

// New returns the book of a snapshot, which must not change while it is used.
func New(snap *evidence.Snapshot, o Options) *Book {
	o = o.completed()
	return &Book{snap: snap, o: o, left: o.Work}
}

// Forecast returns what comes, for as much as the work that is left allows.
func (b *Book) Forecast() Forecast {
	f := Forecast{
		Taken: b.snap.Taken, Horizon: b.o.Horizon, Groups: []Group{}, Quotas: []Quota{}, Failed: []Failure{},
	}
	before := b.left
	b.quotas(&f)
	b.groups(&f, b.subjects(&f))
	f.Work = before - b.left
	return f
}

// subjects returns the groups that may not bear ten times their traffic, the most
// endangered first, and counts the others.
func (b *Book) subjects(f *Forecast) []subject {
	var out []subject
	for i := range b.snap.Namespaces {
		ns := &b.snap.Namespaces[i]
		space, ok := portspace.SpaceOf(ns)
		if !ok {
			continue
		}
		for j := range ns.Tallies {
			s, ok := b.subject(ns, space, &ns.Tallies[j])
			switch {
			case !ok:
			case s.calm(b.o.Horizon):
				f.Safe++
			default:
				out = append(out, s)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b subject) int {
		return cmp.Or(cmp.Compare(b.danger(), a.danger()), cmp.Compare(a.ns.Name, b.ns.Name), a.tally.Compare(b.tally.Key))
	})
	if len(out) > b.o.Groups {
		f.Beyond = len(out) - b.o.Groups
		out = out[:b.o.Groups]
	}
	return out
}

// calm reports whether a group bears ten times its traffic, by arithmetic.
func (s *subject) calm(horizon time.Duration) bool {
	t := s.traffic.times(mostTimes)
	t.Rate += 2 * t.Error
	return s.safe(&t, horizon)
}

// mostTimes is the most traffic that is looked at, in times of that of now.
const mostTimes = 10

// future is one that a group may have.
type future struct {
	stage   *stage
	traffic Traffic
	how     twin.Closing
	out     *Outlook // nil until its first run
}

// groups plays what comes of the groups: first as it is for all of them, then what
// is less pressing, as long as the work lasts.
func (b *Book) groups(f *Forecast, all []subject) {
	futures := make([][3]*future, len(all))
	for i, s := range all {
		stage := b.stage(s)
		for j, times := range [3]float64{1, 2, mostTimes} {
			futures[i][j] = &future{stage: stage, traffic: s.traffic.times(times)}
		}
		if err := b.first(futures[i][0]); err != nil {
			f.Failed = append(f.Failed, Failure{Namespace: s.ns.Name, Group: s.tally.String(), Because: err.Error()})
			futures[i] = [3]*future{}
		}
	}
	futures = slices.DeleteFunc(futures, func(of [3]*future) bool { return of[0] == nil })
	for _, of := range futures {
		b.bracket(of[0])
		// What loads and runs once does so again.
		_ = b.first(of[1])
		_ = b.first(of[2])
	}
	for _, of := range futures {
		b.bracket(of[1])
		b.bracket(of[2])
	}
	for _, of := range futures {
		b.draws(of[0])
	}
	for _, of := range futures {
		if of[0].out == nil && of[1].out == nil && of[2].out == nil {
			f.Beyond++
			continue
		}
		s := &of[0].stage.subject
		f.Groups = append(f.Groups, Group{
			Namespace: s.ns.Name, Key: s.tally.Key, Traffic: s.traffic,
			AsIs: of[0].out.done(), Twice: of[1].out.done(), Ten: of[2].out.done(),
		})
	}
}
