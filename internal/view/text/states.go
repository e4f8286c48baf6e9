package text

import (
	"fmt"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/view"
)

// stateOrder is the order of a connection's life.
func stateOrder() []tcp.State {
	return []tcp.State{
		tcp.Listen, tcp.SynSent, tcp.SynRecv, tcp.NewSynRecv, tcp.Established, tcp.FinWait1, tcp.FinWait2, tcp.Closing,
		tcp.TimeWait, tcp.CloseWait, tcp.LastAck, tcp.Close, tcp.BoundInactive,
	}
}

// alwaysShown are the states whose absence is an answer.
const alwaysShown = tcp.StateSet(1<<tcp.Established | 1<<tcp.FinWait2 | 1<<tcp.TimeWait | 1<<tcp.CloseWait)

// States writes the answer of `linger states`.
func (r *Reporter) States(st view.States) error {
	p := r.page()
	switch {
	case len(st.Rows) == 0:
		p.line("no sockets")
	case st.By == "":
		for i := range st.Rows {
			if len(st.Rows) > 1 {
				if i > 0 {
					p.line("")
				}
				p.line("namespace %s", st.Rows[i].Namespace)
			}
			p.whole(&st.Rows[i])
		}
	default:
		p.split(&st)
	}
	for i := range st.Snapshot.Namespaces {
		if ns := &st.Snapshot.Namespaces[i]; ns.Dump.Approximate {
			p.wrap("", "namespace "+ns.Name+": the sockets changed while the kernel listed them, counts are approximate")
		}
	}
	if st.By == "owner" {
		p.traced(st.Snapshot)
	}
	p.gaps(st.Snapshot)
	return r.flush(p)
}

// whole writes a line per state.
func (p *page) whole(row *view.StateRow) {
	t := table{right: []bool{false, true, false}}
	for _, s := range stateOrder() {
		n := row.Counts[s]
		if n == 0 && !alwaysShown.Has(s) {
			continue
		}
		t.rows = append(t.rows, []string{s.String(), count(n), p.note(row, s)})
	}
	p.print(t, "")
	if row.Minute.Total() == 0 {
		return
	}
	p.line("closes into TIME_WAIT: %s per second", rate(row.Rate, p.opt.Unicode))
	if w := sparkWidth(p.width - len("last 60 s  ")); w > 0 {
		p.line("last 60 s  %s", Sparkline(row.Minute.Age[:], w, p.opt.Unicode))
	}
}

// note tells apart what one state's count adds up.
func (p *page) note(row *view.StateRow, s tcp.State) string {
	switch {
	case s == tcp.FinWait2 && row.MiniFinWait2 > 0:
		full := row.Counts[s] - min(row.MiniFinWait2, row.Counts[s])
		return fmt.Sprintf("%s full, %s mini (no process has them any more)", count(full), count(row.MiniFinWait2))
	case s == tcp.TimeWait && row.Minute.Tail > 0:
		return fmt.Sprintf("%s of them past their 60 s, until the timer wheel turns", count(uint64(row.Minute.Tail)))
	}
	return ""
}

// split writes a line per row, with a column for each state that occurs.
func (p *page) split(st *view.States) {
	shown, more := limit(st.Rows, p.opt.Rows)
	many := len(st.Snapshot.Namespaces) > 1
	t := table{right: []bool{true, true, true, true, true, true, false}, rows: [][]string{
		{"TIME_WAIT", "rate/s", "ESTAB", "CLOSE_WAIT", "other", "total", st.By},
	}}
	if many {
		t.right = []bool{true, true, true, true, true, true, false, false}
		t.rows[0] = append(t.rows[0][:6:6], "namespace", st.By)
	}
	for i := range shown {
		row := &shown[i]
		c := &row.Counts
		other := c.Total() - c[tcp.TimeWait] - c[tcp.Established] - c[tcp.CloseWait]
		cells := []string{
			count(c[tcp.TimeWait]), rate(row.Rate, p.opt.Unicode), count(c[tcp.Established]), count(c[tcp.CloseWait]),
			count(other), count(c.Total()),
		}
		if many {
			cells = append(cells, row.Namespace)
		}
		t.rows = append(t.rows, append(cells, p.rowLabel(row, st.By)))
	}
	p.print(t, "")
	p.more(more, "")
}

func (p *page) rowLabel(row *view.StateRow, by string) string {
	switch {
	case by == "owner":
		return row.Label + p.inferred(row.Maker)
	case row.Direction == evidence.Inbound:
		return row.Label + " (inbound)"
	}
	return row.Label
}
