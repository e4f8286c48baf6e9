package tui

import (
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/view"
)

// destinationsPane lists the outbound groups by what is left of their budget,
// the one that runs out first at the top.
func destinationsPane(set charset) list {
	return list{
		name: "DESTINATIONS", set: set, sort: 2, nothing: "no connections from here to others, so no port is spent",
		columns: []column{
			{title: "3 DESTINATIONS", least: 21, flex: true},
			{title: "ports left", right: true, least: 13},
			{title: "full in", right: true, least: 7},
			{title: "closes", right: true, least: 7, desc: true, leave: 1},
			{title: "TIME_WAIT", right: true, least: 9, desc: true, leave: 4},
			{title: "live", right: true, least: 5, desc: true, leave: 3},
			{title: "last 60 s", spark: true, least: 15},
		},
		build: func(f *frame) []row { return destinationRows(f, set) },
	}
}

func destinationRows(f *frame, set charset) []row {
	var rows []row
	label := groupLabels(f)
	for i := range f.report.Groups {
		g := &f.report.Groups[i]
		_, of := g.Budget.Used()
		urgency, when := runout(g)
		live := g.Tally.States.Live()
		rows = append(rows, row{id: groupID(g), cells: []cell{
			{text: label(g)},
			{text: rule.N(g.Budget.Left.Max) + " of " + rule.N(of), by: float64(g.Budget.Left.Max)},
			{text: when, by: urgency, tone: hurry(g)},
			{text: perSecond(g.Projection.Rate, set), by: g.Projection.Rate.PerSecond},
			{text: rule.N(g.Tally.States[tcp.TimeWait]), by: float64(g.Tally.States[tcp.TimeWait])},
			{text: rule.N(live), by: float64(live)},
			{spark: g.Tally.Minute.Age[:]},
		}})
	}
	return rows
}

// groupLabels names groups by their destination, and by their source and
// namespace where that alone is not unique.
func groupLabels(f *frame) func(*view.Group) string {
	seen := make(map[string]int)
	plainly := func(g *view.Group) string { return g.Namespace + " " + g.Budget.Key.Service().String() }
	for i := range f.report.Groups {
		seen[plainly(&f.report.Groups[i])]++
	}
	return func(g *view.Group) string {
		text := g.Budget.Key.Service().String()
		if seen[plainly(g)] > 1 {
			text += " from " + g.Budget.Key.Src.String()
		}
		return text + inNamespace(f, g.Namespace)
	}
}

// inNamespace says where something is, if there are several places.
func inNamespace(f *frame, name string) string {
	if !f.many() {
		return ""
	}
	return " in " + name
}

// runout says when a group's ports are all used, and orders groups by it.
func runout(g *view.Group) (float64, string) {
	switch {
	case g.Budget.Out():
		return 0, "now"
	case g.Projection.Never:
		return float64(g.Projection.Horizon + time.Second), "never"
	}
	return float64(g.Projection.In), rule.About(g.Projection.In)
}

// hurry is how a group that runs out is set off; the words say the same.
func hurry(g *view.Group) tone {
	switch {
	case g.Budget.Out():
		return alarm
	case g.Projection.Never:
		return plain
	}
	return warn
}

// destinationOf names the far end of a tally, and for inbound ones the service.
func destinationOf(t *evidence.Tally) string {
	service := "others"
	if svc := t.Service(); svc.Addr().IsValid() {
		service = svc.String()
	}
	if t.Direction == evidence.Inbound {
		from := "others"
		if !t.Others() {
			from = t.Dst.String()
		}
		return from + " to " + service
	}
	return service
}
