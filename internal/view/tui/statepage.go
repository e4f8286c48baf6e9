package tui

import (
	"cmp"
	"slices"

	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/view"
)

// state tells whose the sockets of one state are, and whereto they lead.
func (p page) state(s *sheet) {
	state, name := tcp.TimeWait, p.id
	if name == closes {
		name = tcp.TimeWait.String()
	} else if err := state.UnmarshalText([]byte(p.id)); err != nil {
		return // an id that this package made
	}
	s.title(name + "  " + rule.N(p.frame.counts[state]))
	switch {
	case state == tcp.TimeWait:
		s.minute(&p.frame.minute)
		if tail := p.frame.minute.Tail; tail > 0 {
			s.text("", rule.N(tail)+" of them are past their 60 s and wait until the timer wheel turns.")
		}
	case state == tcp.FinWait2 && p.frame.mini > 0:
		s.text("", rule.N(p.frame.mini)+" of them are mini-sockets: no process has them any more.")
	}
	if p.frame.counts[state] == 0 {
		s.text("", "no socket is in this state")
		return
	}
	s.blank()
	s.ranking(p.frame, state, "whose", p.frame.owners)
	s.blank()
	by, _ := view.StatesOf(p.frame.report.Snapshot, "service") // a split that exists
	s.ranking(p.frame, state, "whereto", by.Rows)
}

// ranking lists who has most sockets in a state.
func (s *sheet) ranking(f *frame, state tcp.State, title string, of []view.StateRow) {
	of = slices.DeleteFunc(slices.Clone(of), func(r view.StateRow) bool { return r.Counts[state] == 0 })
	slices.SortStableFunc(of, func(a, b view.StateRow) int { return cmp.Compare(b.Counts[state], a.Counts[state]) })
	const most = 100
	var rows []row
	for i := range of[:min(len(of), most)] {
		r := &of[i]
		how := r.Direction.String()
		if r.Direction == 0 {
			how = basis(r.Maker)
		}
		rows = append(rows, row{cells: []cell{{text: r.Label + inNamespace(f, r.Namespace)}, {text: how}, {text: rule.N(r.Counts[state])}}})
	}
	s.table([]column{{title: title, least: 20, flex: true}, {title: "", least: 8, leave: 1}, {title: "sockets", right: true, least: 9}}, rows)
	if more := len(of) - most; more > 0 {
		s.text("", "and "+rule.N(more)+" more")
	}
}
