package tui

import (
	"cmp"
	"slices"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/view"
)

// owner tells what processes hold and made.
func (p page) owner(s *sheet) {
	o := ownerRow(p.frame, p.id)
	if o == nil {
		s.title("OWNER")
		s.gone("the owner")
		return
	}
	snap := p.frame.report.Snapshot
	s.title("OWNER " + o.Label + inNamespace(p.frame, o.Namespace))
	if len(o.Maker.PIDs) == 0 {
		s.text("", "Nobody is known for these: the kernel keeps no owner of a TIME_WAIT socket, and no process that linger may see has a connection of the kind.")
	} else {
		s.process(snap.Owner(o.Maker.PIDs[0]))
	}
	s.blank()
	s.states(p.frame, o)
	s.minute(&o.Minute)
	s.blank()
	s.dealings(p.frame, o)
}

// states counts what the processes hold, and what is put down to them, side
// by side: the two are never added up.
func (s *sheet) states(f *frame, o *view.StateRow) {
	type split struct{ exact, inferred uint64 }
	var by [tcp.NumStates]split
	for i := range f.owners {
		other := &f.owners[i]
		if ownerID(other) != ownerID(o) {
			continue
		}
		for state, n := range other.Counts {
			if basis(other.Maker) == "exact" {
				by[state].exact += n
			} else {
				by[state].inferred += n
			}
		}
	}
	second := "inferred"
	if len(o.Maker.PIDs) == 0 {
		second = "of nobody"
	}
	var rows []row
	for _, state := range append(lifeOrder(), tcp.Listen) {
		if n := by[state]; n != (split{}) {
			rows = append(rows, row{cells: []cell{{text: state.String()}, {text: rule.N(n.exact)}, {text: rule.N(n.inferred)}}})
		}
	}
	s.table([]column{
		{title: "states", least: 14, flex: true}, {title: "exact", right: true, least: 9}, {title: second, right: true, least: 9},
	}, rows)
	if o.Maker.Basis.Inferred() {
		s.toned(faint, "", "TIME_WAIT carries no process; inferred from: "+string(o.Maker.Basis)+".")
	}
}

// dealing is what the processes have to do with one tally.
type dealing struct {
	tally      *evidence.Tally
	held, left uint64 // live sockets they hold; others that are put down to them
}

// dealings lists the destinations of the processes, largest first.
func (s *sheet) dealings(f *frame, o *view.StateRow) {
	var list []dealing
	for i := range f.report.Snapshot.Namespaces {
		ns := &f.report.Snapshot.Namespaces[i]
		for j := range ns.Tallies {
			if d := dealingOf(ns, &ns.Tallies[j], o); ns.Name == o.Namespace && d.held+d.left > 0 {
				list = append(list, d)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b dealing) int { return cmp.Compare(b.held+b.left, a.held+a.left) })
	const most = 200 // of destinations; a crawler has many thousands
	var rows []row
	for _, d := range list[:min(len(list), most)] {
		spark := []uint32(nil)
		if d.left > 0 {
			spark = d.tally.Minute.Age[:]
		}
		rows = append(rows, row{cells: []cell{
			{text: destinationOf(d.tally)}, {text: d.tally.Direction.String()}, {text: rule.N(d.held)}, {text: rule.N(d.left)}, {spark: spark},
		}})
	}
	s.table([]column{
		{title: "destinations", least: 20, flex: true},
		{title: "direction", leave: 1},
		{title: "held", right: true, least: 7},
		{title: "ownerless", right: true, least: 7},
		{title: "last 60 s", spark: true},
	}, rows)
	if more := len(list) - most; more > 0 {
		s.text("", "and "+rule.N(more)+" more")
	}
}

func dealingOf(ns *evidence.Namespace, t *evidence.Tally, o *view.StateRow) dealing {
	d := dealing{tally: t}
	rest := t.States.Total()
	for _, h := range t.Holders {
		if h.Earlier {
			continue
		}
		n := min(h.States.Total(), rest)
		rest -= n
		if slices.Equal(h.PIDs, o.Maker.PIDs) {
			d.held += n
		}
	}
	for i := range t.Made {
		n := min(t.Made[i].States.Total(), rest)
		rest -= n
		if slices.Equal(t.Made[i].PIDs, o.Maker.PIDs) {
			d.left += n
		}
	}
	if slices.Equal(ns.InferMaker(t).PIDs, o.Maker.PIDs) {
		d.left += rest
	}
	return d
}
