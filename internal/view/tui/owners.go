package tui

import (
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/view"
)

// ownersPane lists who made the sockets, by TIME_WAIT.
func ownersPane(set charset) list {
	return list{
		name: "OWNERS", set: set, sort: 2, nothing: "no sockets",
		columns: []column{
			{title: "4 OWNERS", least: 21, flex: true},
			{title: "known how", least: 9, leave: 2},
			{title: "TIME_WAIT", right: true, least: 9, desc: true},
			{title: "closes", right: true, least: 7, desc: true, leave: 1},
			{title: "ESTAB", right: true, least: 6, desc: true, leave: 3},
			{title: "CLOSE_WAIT", right: true, least: 6, desc: true, leave: 4},
			{title: "last 60 s", spark: true},
		},
		build: func(f *frame) []row { return ownerRows(f, set) },
	}
}

func ownerRows(f *frame, set charset) []row {
	var rows []row
	for i := range f.owners {
		o := &f.owners[i]
		c := &o.Counts
		if c.Total() == c[tcp.Listen] { // who only listens makes nothing
			continue
		}
		rate := cell{by: o.Rate.PerSecond}
		if o.Minute.Total() > 0 { // what a process holds was not closed by it
			rate.text = perSecond(o.Rate, set)
		}
		rows = append(rows, row{id: ownerID(o) + " " + string(o.Maker.Basis), cells: []cell{
			{text: o.Label + inNamespace(f, o.Namespace)},
			{text: basis(o.Maker)},
			{text: rule.N(c[tcp.TimeWait]), by: float64(c[tcp.TimeWait])},
			rate,
			{text: rule.N(c[tcp.Established]), by: float64(c[tcp.Established])},
			{text: rule.N(c[tcp.CloseWait]), by: float64(c[tcp.CloseWait])},
			{spark: o.Minute.Age[:]},
		}})
	}
	return rows
}

// basis says in a word whether a maker was observed or concluded.
func basis(m evidence.Maker) string {
	switch {
	case len(m.PIDs) == 0:
		return "unknown"
	case m.Basis.Inferred():
		return "inferred"
	}
	return "exact"
}

// maker names processes and says how they are known, and from what.
func maker(s *evidence.Snapshot, m evidence.Maker) string {
	if len(m.PIDs) == 0 {
		return "unknown"
	}
	return view.Names(s, m.PIDs) + " (" + basis(m) + ": " + string(m.Basis) + ")"
}

// ownerRow returns a row of the frame by the id of its line.
func ownerRow(f *frame, id string) *view.StateRow {
	for i := range f.owners {
		if o := &f.owners[i]; ownerID(o)+" "+string(o.Maker.Basis) == id {
			return o
		}
	}
	return nil
}
