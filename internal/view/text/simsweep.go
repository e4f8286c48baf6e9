package text

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/twin/play/outcome"
	"github.com/linger-dev/linger/internal/view/chart"
)

// SimSweep writes what came of many runs: where the wall is along the axis of
// numbers, a row for each run, and a plot.
func (r *Reporter) SimSweep(s *outcome.Sweep) error {
	p := r.page()
	for _, answer := range p.sweepAnswers(s) {
		p.wrap("", answer)
	}
	note := p.say("%s on the twin of Linux %s, seed %d: %d runs", "%s，Linux %s 的孪生内核，种子 %d：%d 次运行", s.Name, string(s.Kernel), s.Seed, len(s.Cells))
	if s.Duration > 0 {
		note += p.say(" of %s each", "，每次 %s", lasting(s.Duration))
	}
	p.wrap("", note)
	p.line("")
	p.print(p.sweepTable(s), "  ")
	p.figure(chart.OfSweep(s, p.opt.Lang))
	return r.flush(p)
}

func (p *page) sweepTable(s *outcome.Sweep) table {
	var t table
	head := make([]string, 0, len(s.Axes)+5)
	for _, a := range s.Axes {
		head = append(head, a.Name)
		t.right = append(t.right, true)
	}
	if s.Scenario {
		t.right = append(t.right, false, false)
		head = append(head, p.say("verdict", "结论"), p.say("why", "原因"))
	} else {
		t.right = append(t.right, true, true, true, true, false)
		head = append(head, p.say("fails after", "失败于"), p.say("slow after", "变慢于"), p.say("failed", "失败"), p.say("most TIME_WAIT", "TIME_WAIT 最多"), "")
	}
	t.rows = append(t.rows, head)
	for i := range s.Cells {
		c := &s.Cells[i]
		row := append([]string(nil), c.Values...)
		switch {
		case s.Scenario && c.Verdict != "":
			row = append(row, p.simVerdict(c.Verdict), c.Why)
		case s.Scenario:
			row = append(row, "-", p.say("not played", "未运行"))
		case !c.Played:
			row = append(row, "-", "-", "-", "-", c.Why)
		default:
			row = append(row, p.whenever(c.FirstFailure), p.whenever(c.FirstSlow), failedPart(c), count(c.Most), "")
		}
		t.rows = append(t.rows, row)
	}
	return t
}

func (p *page) whenever(m outcome.Moment) string {
	if !m.Happened {
		return p.say("never", "从不")
	}
	return exact(m.At)
}

// failedPart is how many connections of a run failed, of all.
func failedPart(c *outcome.Cell) string {
	if c.Failed == 0 {
		return "0"
	}
	return strconv.FormatFloat(100*float64(c.Failed)/float64(c.Tried), 'f', 1, 64) + " %"
}

// sweepAnswers says where the wall is, for each combination of the other values.
func (p *page) sweepAnswers(s *outcome.Sweep) []string {
	if s.Scenario {
		n := map[claims.Verdict]int{}
		for _, c := range s.Cells {
			n[c.Verdict]++
		}
		return []string{p.say("Of %d runs %d are proved, %d are not so, %d are not testable", "%d 次运行中 %d 次得证，%d 次不成立，%d 次无法检验",
			len(s.Cells), n[claims.Proved], n[claims.NotSo], n[claims.NotTestable])}
	}
	at := numeric(s)
	if at < 0 {
		failing := 0
		for _, c := range s.Cells {
			if c.FirstFailure.Happened {
				failing++
			}
		}
		return []string{p.say("Connections fail in %d of %d runs", "%[2]d 次运行中有 %[1]d 次出现连接失败", failing, len(s.Cells))}
	}
	var order []string
	rows := map[string][]*outcome.Cell{}
	for i := range s.Cells {
		c := &s.Cells[i]
		var parts []string
		for j, a := range s.Axes {
			if j != at {
				parts = append(parts, a.Name+"="+c.Values[j])
			}
		}
		name := strings.Join(parts, ", ")
		if rows[name] == nil {
			order = append(order, name)
		}
		rows[name] = append(rows[name], c)
	}
	var out []string
	for _, name := range order {
		text := p.wallAlong(s.Axes[at].Name, at, rows[name])
		if name != "" {
			text = p.say("%s: %s", "%s：%s", name, text)
		}
		out = append(out, text)
	}
	shown, more := limit(out, 8)
	if more > 0 {
		shown = append(shown, p.dots()+" "+p.say("and %d more", "另有 %d 个", more))
	}
	return shown
}

// wallAlong says between which two values of an axis connections begin to fail.
func (p *page) wallAlong(axis string, at int, cells []*outcome.Cell) string {
	cells = slices.DeleteFunc(slices.Clone(cells), func(c *outcome.Cell) bool { return !c.Played })
	slices.SortStableFunc(cells, func(a, b *outcome.Cell) int {
		x, _ := strconv.ParseFloat(a.Values[at], 64)
		y, _ := strconv.ParseFloat(b.Values[at], 64)
		return cmp.Compare(x, y)
	})
	if len(cells) == 0 {
		return p.say("nothing could be played", "无法运行")
	}
	changes, last := 0, 0
	for i := 1; i < len(cells); i++ {
		if cells[i].FirstFailure.Happened != cells[i-1].FirstFailure.Happened {
			changes, last = changes+1, i
		}
	}
	low, high := cells[0].Values[at], cells[len(cells)-1].Values[at]
	switch {
	case changes > 1:
		return p.say("connections fail at some values of %s and not at others", "%s 取某些值时出现连接失败，取另一些值时没有", axis)
	case changes == 1:
		return p.say("the wall stands between %s=%s and %s", "墙在 %s=%s 与 %s 之间", axis, cells[last-1].Values[at], cells[last].Values[at])
	case cells[0].FirstFailure.Happened:
		return p.say("connections fail at all values of %s from %s to %s", "%s 从 %s 到 %s 都有连接失败", axis, low, high)
	}
	return p.say("no connection fails from %s=%s to %s", "%s 从 %s 到 %s 都没有连接失败", axis, low, high)
}

// numeric is the axis of numbers with most values, at least two; -1 if there is none.
func numeric(s *outcome.Sweep) int {
	best, most := -1, 1
	for i, a := range s.Axes {
		if n := len(a.Numbers); n > most {
			best, most = i, n
		}
	}
	return best
}
