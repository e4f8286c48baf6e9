package tally

import (
	"cmp"
	"slices"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// Maker tells who made a socket that no descriptor holds, by its cookie: a
// positive number that stands for the maker, or 0 if that is not known. mini
// says that it is a mini-socket.
type Maker func(cookie uint64, mini bool) int32

const (
	mostMade  = 1 << 16 // pairs of group and maker, at 64 bytes each; further ones are not told
	mostYoung = 1 << 16 // sockets that Retry asks for again, at 24 bytes each
	// young is what a TIME_WAIT has left, in ms, that was made a moment ago:
	// word of it may be on its way.
	young = 59_000
)

// made counts what one maker made of a group.
type made struct {
	maker  int32
	states [tcp.NumStates]uint32
}

// fresh is a socket whose maker was not known yet when it was folded.
type fresh struct {
	group  *group
	cookie uint64
	state  tcp.State
	mini   bool
}

// attribute counts s to its maker.
func (f *Folder) attribute(g *group, s *evidence.Socket) {
	if f.opts.Maker == nil {
		return
	}
	if maker := f.opts.Maker(s.Cookie, s.Mini()); maker != 0 {
		f.count(g, maker, s.State)
	} else if (s.State != tcp.TimeWait || s.Expires >= young) && len(f.young) < mostYoung {
		f.young = append(f.young, fresh{g, s.Cookie, s.State, s.Mini()})
	}
}

// Retry asks again for the makers of young sockets that were not known.
func (f *Folder) Retry() {
	for _, s := range f.young {
		if maker := f.opts.Maker(s.cookie, s.mini); maker != 0 {
			g := s.group
			for g.into != nil {
				g = g.into
			}
			f.count(g, maker, s.state)
		}
	}
	f.young = nil
}

func (f *Folder) count(g *group, maker int32, state tcp.State) {
	one := made{maker: maker}
	one.states[state] = 1
	f.join(g, one)
}

// join adds what a maker made to the group.
func (f *Folder) join(g *group, more made) {
	at := slices.IndexFunc(g.made, func(m made) bool { return m.maker == more.maker })
	if at < 0 {
		if f.makes < mostMade {
			f.makes++
			g.made = append(g.made, more)
		}
		return
	}
	for state, n := range more.states {
		g.made[at].states[state] += n
	}
	if at > 0 { // neighbours in a dump are often of one maker
		g.made[at], g.made[at-1] = g.made[at-1], g.made[at]
	}
}

// Made writes into t who made its sockets, most first. describe says what a
// number of Maker stands for.
func (f *Folder) Made(t *evidence.Tally, describe func(maker int32) evidence.Made) {
	g := f.groups[keyFrom(t.Key)]
	if g == nil {
		return
	}
	for _, m := range g.made {
		one := describe(m.maker)
		for state, n := range m.states {
			one.States[state] = uint64(n)
		}
		t.Made = append(t.Made, one)
	}
	slices.SortStableFunc(t.Made, func(a, b evidence.Made) int {
		return cmp.Or(cmp.Compare(b.States.Total(), a.States.Total()), slices.Compare(a.PIDs, b.PIDs))
	})
}
