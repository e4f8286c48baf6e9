package text

import (
	"fmt"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/view"
)

// namespace writes the summary of one namespace: its states and budgets.
func (p *page) namespace(rep *view.Report, ns *evidence.Namespace) {
	p.line("namespace %s", ns.Name)
	var total evidence.Counts
	for i := range ns.Tallies {
		total.Add(&ns.Tallies[i].States)
	}
	total[tcp.Listen] = max(total[tcp.Listen], uint64(len(ns.Listeners)))
	text, sep := "", ""
	for _, s := range stateOrder() {
		if total[s] > 0 {
			text += sep + count(total[s]) + " " + s.String()
			sep = ", "
		}
	}
	if text == "" {
		text = "no sockets"
	}
	p.wrap("  states   ", text)
	if ns.Dump.Approximate {
		p.wrap("  note     ", "the sockets changed while the kernel listed them: counts are approximate")
	}
	var groups []*view.Group
	for i := range rep.Groups {
		if rep.Groups[i].Namespace == ns.Name {
			groups = append(groups, &rep.Groups[i])
		}
	}
	if len(groups) > 0 {
		p.groups(groups)
	}
}

// groups writes the table of budgets, the sparkline in what room is left.
func (p *page) groups(all []*view.Group) {
	shown, more := limit(all, p.opt.Rows)
	t := table{
		right: []bool{false, true, true, false},
		rows:  [][]string{{"outbound to", "rate/s", "ports used", "full in"}},
	}
	for _, g := range shown {
		used, of := g.Budget.Used()
		t.rows = append(t.rows, []string{
			groupLabel(g, all), rate(g.Projection.Rate, p.opt.Unicode), count(used) + "/" + count(of), runout(g),
		})
	}
	if w := sparkWidth(p.spare(t, "  ")); w > 0 {
		t.right = append(t.right[:2:2], append([]bool{false}, t.right[2:]...)...)
		title := "last 60 s"
		for i, row := range t.rows {
			if i > 0 {
				title = Sparkline(shown[i-1].Tally.Minute.Age[:], w, p.opt.Unicode)
			}
			t.rows[i] = append(row[:2:2], append([]string{title}, row[2:]...)...)
		}
	}
	p.print(t, "  ")
	p.more(more, "  ")
}

// groupLabel names a group by its destination, and by its source where that
// alone is not unique.
func groupLabel(g *view.Group, all []*view.Group) string {
	for _, other := range all {
		if other != g && other.Budget.Key.Service() == g.Budget.Key.Service() {
			return g.Budget.Key.String()
		}
	}
	if g.Budget.Key.Others() {
		return fmt.Sprintf("others:%d", g.Budget.Key.Port)
	}
	return g.Budget.Key.Service().String()
}

// runout says when a group's ports are all used, "never" within the horizon of
// the projection.
func runout(g *view.Group) string {
	pr := &g.Projection
	switch {
	case g.Budget.Out():
		return "now"
	case pr.Never:
		return "never"
	case pr.Late == 0:
		return fmt.Sprintf("%s (%s or later)", span(pr.In), span(pr.Early))
	case span(pr.Early) == span(pr.Late):
		return span(pr.In)
	}
	return fmt.Sprintf("%s (%s to %s)", span(pr.In), span(pr.Early), span(pr.Late))
}
