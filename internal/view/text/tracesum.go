package text

import (
	"fmt"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/view"
	"github.com/linger-dev/linger/internal/view/escape"
)

// ClosedEnd writes the end of a trace: how many connections closed, who made
// what, and what was not seen.
func (r *Reporter) ClosedEnd(s *view.TraceSum) error {
	p := r.page()
	p.line("")
	total := s.Total()
	what := "connections closed"
	if s.Filtered {
		what = "connections that match closed"
	}
	stopped := ""
	if s.Enough {
		stopped = "enough was listed: "
	}
	p.wrap("", stopped+fmt.Sprintf("%s %s in %s: %s left a TIME_WAIT%s, %s a FIN_WAIT2 mini-socket",
		count(total.Closed), what, span(s.Took), count(total.TimeWait), estimated(&total), count(total.FinWait2)))
	if total.Closed > 0 {
		p.makers(s.Rows())
	}
	if n := s.Traced.Failures; n > 0 {
		p.wrap("", fmt.Sprintf("%s calls found no free port; see linger trace --failures", count(n)))
	}
	p.line("")
	p.covered(&s.Traced)
	return r.flush(p)
}

// FailedEnd writes the end of a trace of failures.
func (r *Reporter) FailedEnd(s *view.TraceSum) error {
	p := r.page()
	p.line("")
	calls := s.Calls()
	var sum uint64
	for i := range calls {
		sum += calls[i].Count
	}
	what := "calls found no free port"
	if s.Filtered {
		what = "calls that match found no free port"
	}
	p.wrap("", fmt.Sprintf("%s %s in %s", count(sum), what, span(s.Took)))
	if len(calls) > 0 {
		news := func(c column[evidence.FailedCall]) bool { return c.title == "NEW" }
		columns := fit(slices.DeleteFunc(failedColumns(), news), p.width)
		head(p, columns, true)
		shown, more := limit(calls, p.opt.Rows)
		for i := range shown {
			show(p, columns, &shown[i], true)
		}
		p.more(more, "")
	}
	p.gaps(&evidence.Snapshot{Gaps: s.Traced.Gaps})
	return r.flush(p)
}

// makers writes who made what, most TIME_WAIT first.
func (p *page) makers(rows []view.TraceRow) {
	number := func(title string, rank int, value func(*view.TraceRow) uint64) column[view.TraceRow] {
		return column[view.TraceRow]{title, 9, 13, rank, true, func(_ *page, r *view.TraceRow, _ int) string { return count(value(r)) }}
	}
	columns := fit([]column[view.TraceRow]{
		{"PROCESS", 20, 40, 1, false, maker},
		number("TIME_WAIT", 2, func(r *view.TraceRow) uint64 { return r.TimeWait }),
		number("FIN_WAIT2", 8, func(r *view.TraceRow) uint64 { return r.FinWait2 }),
		number("CLOSED", 3, func(r *view.TraceRow) uint64 { return r.Closed }),
		number("BY US", 4, func(r *view.TraceRow) uint64 { return r.Us }),
		number("BY THEM", 5, func(r *view.TraceRow) uint64 { return r.Them }),
		number("BY BOTH", 9, func(r *view.TraceRow) uint64 { return r.Both }),
		number("BY RST", 6, func(r *view.TraceRow) uint64 { return r.Reset }),
		{"ROLE", 6, 0, 10, false, func(_ *page, r *view.TraceRow, _ int) string { return role(r) }},
		{"WHERE", 20, 60, 7, false, func(_ *page, r *view.TraceRow, _ int) string {
			return where(&evidence.Owner{Unit: r.Unit, Container: r.Container, Pod: r.Pod})
		}},
	}, p.width)
	head(p, columns, true)
	shown, more := limit(rows, p.opt.Rows)
	for i := range shown {
		show(p, columns, &shown[i], true)
	}
	p.more(more, "")
}

// maker names the processes of a row; a long name is cut, their number is not.
func maker(p *page, r *view.TraceRow, room int) string {
	switch {
	case r.Other:
		return "others"
	case r.By == "":
		return "unknown"
	}
	tail := fmt.Sprintf(" %d", r.PID)
	switch {
	case r.AtLeast:
		tail = fmt.Sprintf(" x%s or more", count(r.Processes))
	case r.Processes > 1:
		tail = " x" + count(r.Processes)
	}
	return p.cutEnd(escape.Text(r.Name, p.opt.Unicode), max(room-len(tail), 1)) + tail
}

func role(r *view.TraceRow) string {
	if r.By == "" {
		return "-"
	}
	return r.By
}

// estimated says what of the TIME_WAIT is a guess.
func estimated(row *view.TraceRow) string {
	switch row.Estimated {
	case 0:
		return ""
	case row.TimeWait:
		return " (estimated from the states before)"
	}
	return fmt.Sprintf(" (%s of them estimated)", count(row.Estimated))
}

// covered says how much of all was seen.
func (p *page) covered(t *evidence.Traced) {
	known := t.Closed - min(t.UnknownOwner, t.Closed)
	lost := "none of them came too fast to be listed"
	if t.Lost > 0 {
		lost = count(t.Lost) + " of them came too fast to be listed"
	}
	p.wrap("", fmt.Sprintf("coverage: since %s %s connections ended; %s; the process is known of %s",
		t.Since.Format(time.TimeOnly), count(t.Closed), lost, share(known, t.Closed)))
	p.gaps(&evidence.Snapshot{Gaps: t.Gaps})
}

func share(part, all uint64) string {
	if all == 0 || part == all {
		return "all"
	}
	const tenths = 1000
	n := part * tenths / all // rounded down: what is not all is not shown as 100
	return fmt.Sprintf("%d.%d%%", n/10, n%10)
}
