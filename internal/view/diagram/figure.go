package diagram

import (
	"slices"
	"strings"

	"github.com/linger-dev/linger/internal/tcp"
)

// figure is what is drawn, and what is left to lists.
type figure struct {
	states tcp.StateSet // that occur in the transitions
	edges  []edge
	rest   []tcp.Transition // also those for which the layout has no way
	role   roles
}

// edge is an arrow: all drawn transitions from one state to another.
type edge struct {
	pair
	rows []tcp.Transition
}

type pair struct{ from, to tcp.State }

func newFigure(transitions []tcp.Transition) figure {
	var f figure
	ways := pictureWays()
	for _, t := range transitions {
		f.states |= tcp.States(t.From, t.To)
		at := pair{t.From, t.To}
		if _, ok := ways[at]; !ok || why(t) != drawn {
			f.rest = append(f.rest, t)
			continue
		}
		i := slices.IndexFunc(f.edges, func(e edge) bool { return e.pair == at })
		if i < 0 {
			i = len(f.edges)
			f.edges = append(f.edges, edge{pair: at})
		}
		f.edges[i].rows = append(f.edges[i].rows, t)
	}
	f.role = rolesOf(f.edges)
	return f
}

// reason is why a transition is not an arrow of the figure.
type reason uint8

const (
	drawn reason = iota
	early        // it ends a connection before its time
	skips        // it ends the handshake and does more in one step
	stays        // the state only answers
)

// why sorts a transition by what its row says. Figure 5 has none of the early
// ends but two in its notes, and leaves out most that skip a state; drawn, they
// would hide all others.
func why(t tcp.Transition) reason {
	switch {
	case t.From == t.To:
		return stays
	case endsEarly(t):
		return early
	case handshake.Has(t.From) && received(t) && !opening.Has(t.To) && t.To != tcp.Established:
		return skips
	}
	return drawn
}

const (
	handshake = tcp.StateSet(1<<tcp.SynSent | 1<<tcp.SynRecv)
	opening   = handshake | 1<<tcp.Close | 1<<tcp.Listen
)

// endsEarly reports whether a reset, an abort, a time-out that is not TIME_WAIT's
// own or a SYN out of place ends a connection.
func endsEarly(t tcp.Transition) bool {
	for _, flags := range t.Sends {
		if flags.Has(tcp.RST) {
			return true
		}
	}
	has := func(word string) bool { return strings.Contains(strings.ToUpper(t.Event), word) }
	ends := t.To == tcp.Close || t.To == tcp.Listen || t.To == tcp.TimeWait
	switch {
	case has("RST"), has("ABORT"), has("EXHAUSTED"):
		return true
	case has("TIMEOUT"):
		return t.From != tcp.TimeWait
	}
	return received(t) && has("SYN") && ends
}

func received(t tcp.Transition) bool { return strings.HasPrefix(t.Event, "rcv ") }

// role is which side of a close takes an arrow or is in a state.
type role uint8

const (
	opens   role = iota // or both sides, or neither
	active              // it closes first
	passive             // its peer does
)

// roles are the states that only one side comes through.
type roles struct{ active, passive tcp.StateSet }

// rolesOf follows the arrows from ESTABLISHED until a connection ends or
// another begins. It is the first step that tells the sides apart: a call of
// this side's own, or a segment of the peer's.
func rolesOf(edges []edge) roles {
	reach := func(byPeer bool) tcp.StateSet {
		var found tcp.StateSet
		for _, e := range edges {
			starts := func(t tcp.Transition) bool { return received(t) == byPeer }
			if e.from == tcp.Established && slices.ContainsFunc(e.rows, starts) {
				found |= 1 << e.to
			}
		}
		for before := tcp.StateSet(0); before != found; {
			before = found
			for _, e := range edges {
				if found.Has(e.from) && !opening.Has(e.from) {
					found |= 1 << e.to
				}
			}
		}
		return found &^ opening
	}
	mine, theirs := reach(false), reach(true)
	return roles{mine &^ theirs, theirs &^ mine}
}

// of returns the role of an arrow. What leads back to an opening state begins
// another connection; only the way to CLOSE still belongs to the last.
func (r roles) of(p pair) role {
	at := p.to
	if at == tcp.Close {
		at = p.from
	}
	return r.in(at)
}

// in returns the role of a state.
func (r roles) in(s tcp.State) role {
	switch {
	case r.active.Has(s):
		return active
	case r.passive.Has(s):
		return passive
	}
	return opens
}
