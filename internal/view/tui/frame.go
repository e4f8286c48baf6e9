package tui

import (
	"fmt"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/view"
)

// frame is one look, made ready to be shown. It is not changed any more.
type frame struct {
	report view.Report
	at     int // in a recording
	counts evidence.Counts
	mini   uint64          // of the FIN_WAIT2: mini-sockets
	minute evidence.Minute // of all TIME_WAIT
	owners []view.StateRow
	past   past
}

// newFrame sums up a report; moments are those up to it, itself included,
// oldest first.
func newFrame(rep view.Report, at int, moments []Moment) *frame {
	f := &frame{report: rep, at: at, past: pastOf(moments)}
	whole, _ := view.StatesOf(rep.Snapshot, "") // a split that exists
	for i := range whole.Rows {
		row := &whole.Rows[i]
		f.counts.Add(&row.Counts)
		f.mini += row.MiniFinWait2
		f.minute.Add(&row.Minute)
	}
	owners, _ := view.StatesOf(rep.Snapshot, "owner")
	f.owners = owners.Rows
	return f
}

// many reports whether names of namespaces must be told.
func (f *frame) many() bool { return len(f.report.Snapshot.Namespaces) > 1 }

// group returns an outbound group and its namespace.
func (f *frame) group(id string) (*view.Group, *evidence.Namespace) {
	for i := range f.report.Groups {
		g := &f.report.Groups[i]
		if groupID(g) != id {
			continue
		}
		for j := range f.report.Snapshot.Namespaces {
			if ns := &f.report.Snapshot.Namespaces[j]; ns.Name == g.Namespace {
				return g, ns
			}
		}
	}
	return nil, nil
}

func groupID(g *view.Group) string { return g.Namespace + " " + g.Budget.Key.String() }

// ownerID names the processes of a row, whatever is known of them and how.
func ownerID(row *view.StateRow) string { return fmt.Sprint(row.Namespace, " ", row.Maker.PIDs) }

const (
	pastSeconds = 60
	mostMoments = 720 // kept of a live look: a minute at twelve looks a second
)

// past is the last minute of every state's count.
type past struct {
	seen   int // seconds that are known, at most pastSeconds
	counts [tcp.NumStates][pastSeconds]uint32
	change [tcp.NumStates]float64 // per second, over the last ten or fewer
	rated  bool                   // change is known
}

// pastOf resamples moments to seconds, newest first. A second without a look
// has the counts of the look before it.
func pastOf(moments []Moment) past {
	var p past
	if len(moments) == 0 {
		return p
	}
	now := moments[len(moments)-1]
	i := len(moments) - 1
	for second := range pastSeconds {
		edge := now.Taken.Add(-time.Duration(second) * time.Second)
		for i > 0 && moments[i].Taken.After(edge) {
			i--
		}
		if moments[i].Taken.After(edge) {
			break
		}
		p.seen = second + 1
		for s, n := range moments[i].Counts {
			p.counts[s][second] = uint32(min(n, 1<<32-1))
		}
	}
	p.rate(moments)
	return p
}

// changeOver is long enough to smooth a count that jumps, and short enough to
// be "now".
const changeOver = 10 * time.Second

func (p *past) rate(moments []Moment) {
	now := moments[len(moments)-1]
	then := now
	for i := len(moments) - 2; i >= 0 && now.Taken.Sub(moments[i].Taken) <= changeOver; i-- {
		then = moments[i]
	}
	span := now.Taken.Sub(then.Taken).Seconds()
	if span <= 0 {
		return
	}
	p.rated = true
	for s, n := range now.Counts {
		p.change[s] = (float64(n) - float64(then.Counts[s])) / span
	}
}

// remember appends a moment and drops those that are too old to be drawn. A
// clock that was set back starts anew.
func remember(moments []Moment, m Moment) []Moment {
	if n := len(moments); n > 0 && !m.Taken.After(moments[n-1].Taken) {
		moments = nil
	}
	first := max(0, len(moments)+1-mostMoments)
	for first < len(moments) && m.Taken.Sub(moments[first].Taken) > (pastSeconds+5)*time.Second {
		first++
	}
	return append(append(make([]Moment, 0, len(moments)-first+1), moments[first:]...), m)
}
