package closes

import (
	"fmt"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
)

// memory holds makers by cookie for as long as their sockets linger, in two
// generations: when the young one is full of age, the old one is forgotten.
// Its size is bounded, by sockets and by processes.
type memory struct {
	began      time.Time // of the young generation
	young, old generation
}

type generation struct {
	makers map[uint64]*evidence.Owner
	people map[identity]struct{}
}

const (
	// generationLasts is longer than a TIME_WAIT that nobody disturbs, with
	// the longest delay of any timer wheel (66 s with HZ=100).
	generationLasts = 75 * time.Second
	mostCookies     = 1 << 18 // in a generation, of some 25 bytes each
	mostMakers      = 1 << 12 // in a generation, of up to some kilobytes each
)

func newMemory(now time.Time) memory {
	return memory{began: now, young: newGeneration(), old: newGeneration()}
}

func newGeneration() generation {
	return generation{makers: make(map[uint64]*evidence.Owner), people: make(map[identity]struct{})}
}

// outcome says what became of a cookie that was to be remembered.
type outcome uint8

const (
	kept    outcome = iota
	noRoom          // for the socket
	tooMany         // processes
)

func (m *memory) put(now time.Time, cookie uint64, maker *evidence.Owner) outcome {
	if now.Sub(m.began) > generationLasts {
		m.began, m.old, m.young = now, m.young, newGeneration()
	}
	if maker == nil {
		return kept
	}
	if len(m.young.makers) >= mostCookies {
		return noRoom
	}
	who := identity{maker.PID, maker.Start, maker.Name}
	if _, met := m.young.people[who]; !met {
		if len(m.young.people) >= mostMakers {
			return tooMany
		}
		m.young.people[who] = struct{}{}
	}
	m.young.makers[cookie] = maker
	return kept
}

func (m *memory) get(cookie uint64) *evidence.Owner {
	if maker := m.young.makers[cookie]; maker != nil {
		return maker
	}
	return m.old.makers[cookie]
}

// gaps says what had no room.
func (m *memory) gaps(sockets, makers uint64) []evidence.Gap {
	var gaps []evidence.Gap
	if sockets > 0 {
		gaps = append(gaps, evidence.Gap{
			What:  fmt.Sprintf("%d lingering sockets were more than can be remembered with their makers", sockets),
			Loses: "who made them is inferred",
		})
	}
	if makers > 0 {
		gaps = append(gaps, evidence.Gap{
			What:  fmt.Sprintf("%d lingering sockets were made by more processes than can be remembered", makers),
			Loses: "who made them is inferred",
		})
	}
	return gaps
}
