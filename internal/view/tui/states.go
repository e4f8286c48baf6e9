package tui

import (
	"fmt"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/tcp"
)

// statesPane counts sockets by state.
func statesPane(set charset) list {
	return list{
		name: "STATES", set: set, sort: -1, whole: true, nothing: "no sockets",
		columns: []column{
			{title: "1 STATES", least: 14, fixed: true, flex: true},
			{title: "now", right: true, least: 9, desc: true},
			{title: "per second", right: true, least: 8, desc: true},
			{title: "last 60 s", spark: true},
		},
		build: func(f *frame) []row { return stateRows(f, set) },
	}
}

// lifeOrder is the order of a connection's life. Listeners and sockets that
// are only bound do not linger: they are in no sum of the tallies.
func lifeOrder() []tcp.State {
	return []tcp.State{
		tcp.SynSent, tcp.SynRecv, tcp.NewSynRecv, tcp.Established, tcp.FinWait1, tcp.FinWait2, tcp.Closing,
		tcp.TimeWait, tcp.CloseWait, tcp.LastAck, tcp.Close,
	}
}

// alwaysShown are the states whose absence is an answer.
const alwaysShown = tcp.StateSet(1<<tcp.Established | 1<<tcp.FinWait2 | 1<<tcp.TimeWait | 1<<tcp.CloseWait)

func stateRows(f *frame, set charset) []row {
	var rows []row
	for _, s := range lifeOrder() {
		if f.counts[s] == 0 && !alwaysShown.Has(s) {
			continue
		}
		change := cell{}
		if f.past.rated {
			change = cell{text: signed(f.past.change[s]), by: f.past.change[s]}
		}
		rows = append(rows, row{id: s.String(), cells: []cell{
			{text: s.String()},
			{text: rule.N(f.counts[s]), by: float64(f.counts[s])},
			change,
			{spark: f.past.counts[s][:f.past.seen]},
		}})
		if s == tcp.TimeWait {
			rows = append(rows, closesRow(f, set))
		}
	}
	return rows
}

// closesRow is the minute that one dump holds: how often sockets entered
// TIME_WAIT.
func closesRow(f *frame, set charset) row {
	r := f.minute.Rate()
	return row{id: closes, cells: []cell{
		{text: set.pick("└ closes into", "` closes into")},
		{text: "", by: float64(f.counts[tcp.TimeWait])},
		{text: perSecond(r, set), by: r.PerSecond},
		{spark: f.minute.Age[:]},
	}}
}

// closes names the row that is no state.
const closes = "closes"

// signed writes the change of a count.
func signed(perSecond float64) string {
	switch {
	case perSecond > -0.05 && perSecond < 0.05:
		return "0"
	case perSecond > -10 && perSecond < 10:
		return fmt.Sprintf("%+.1f", perSecond)
	case perSecond < 0:
		return "-" + rule.N(int64(0.5-perSecond))
	}
	return "+" + rule.N(int64(perSecond+0.5))
}

// perSecond writes how often something happens, with its trend.
func perSecond(r evidence.Rate, set charset) string {
	text := rule.PerSecond(r.PerSecond)
	if r.PerSecond == 0 {
		text = "0/s"
	}
	return text + [3]string{set.pick("↓", "-"), "", set.pick("↑", "+")}[r.Trend()+1]
}
