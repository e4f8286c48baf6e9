package view

import (
	"fmt"
	"strings"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// byOwner gives live sockets to those who hold them and all others to the
// maker that the evidence suggests, in separate rows: what was observed and
// what was concluded are never added up.
func byOwner(r *rows, ns *evidence.Namespace) {
	for i := range ns.Tallies {
		t := &ns.Tallies[i]
		rest := t.States
		for _, h := range t.Holders {
			if h.Earlier {
				continue
			}
			var counts evidence.Counts
			for s, n := range h.States {
				counts[s] = min(n, rest[s])
				rest[s] -= counts[s]
			}
			maker := evidence.Maker{PIDs: h.PIDs, Basis: evidence.Held}
			if len(h.PIDs) == 0 {
				maker = evidence.Maker{}
			}
			r.owner(ns, maker).Counts.Add(&counts)
		}
		r.ownerless(ns, t, rest)
	}
	for _, l := range ns.Listeners {
		maker := evidence.Maker{PIDs: l.PIDs, Basis: evidence.Held}
		if len(l.PIDs) == 0 {
			maker = evidence.Maker{}
		}
		r.owner(ns, maker).Counts[tcp.Listen]++
	}
}

// ownerless gives the sockets that nobody holds to those whom a tracer saw
// making them, and the rest to whom the evidence suggests.
func (r *rows) ownerless(ns *evidence.Namespace, t *evidence.Tally, rest evidence.Counts) {
	minis := t.MiniFinWait2
	give := func(m evidence.Maker, counts *evidence.Counts, minute *evidence.Minute, of uint64) {
		row := r.owner(ns, m)
		row.Counts.Add(counts)
		mini := min(minis, counts[tcp.FinWait2])
		minis -= mini
		row.MiniFinWait2 += mini
		row.Minute.Add(share(minute, counts[tcp.TimeWait], of))
	}
	var covered uint64
	for i := range t.Made {
		covered += t.Made[i].States[tcp.TimeWait]
	}
	younger, older := youngest(&t.Minute, covered)
	for _, m := range t.Made {
		var counts evidence.Counts
		for s, n := range m.States {
			counts[s] = min(n, rest[s])
			rest[s] -= counts[s]
		}
		give(evidence.Maker{PIDs: m.PIDs, Basis: evidence.FromLedger}, &counts, &younger, covered)
	}
	if rest.Total() > 0 {
		give(ns.InferMaker(t), &rest, &older, rest[tcp.TimeWait])
	}
}

// youngest splits a minute: a tracer has seen all sockets that were made since
// it began, so the n that it saw are the youngest.
func youngest(m *evidence.Minute, n uint64) (younger, older evidence.Minute) {
	for i, v := range m.Age {
		take := uint32(min(uint64(v), n))
		n -= uint64(take)
		younger.Age[i], older.Age[i] = take, v-take
	}
	take := uint32(min(uint64(m.Tail), n))
	younger.Tail, older.Tail = take, m.Tail-take
	return younger, older
}

// share returns part of whole of m: which of the makers closed when is not known.
func share(m *evidence.Minute, part, whole uint64) *evidence.Minute {
	if part == whole || whole == 0 {
		return m
	}
	out := evidence.Minute{Tail: uint32(uint64(m.Tail) * part / whole)}
	for i, n := range m.Age {
		out.Age[i] = uint32(uint64(n) * part / whole)
	}
	return &out
}

// owner returns the row of a maker, valid until the next call.
func (r *rows) owner(ns *evidence.Namespace, m evidence.Maker) *StateRow {
	row := r.at(rowKey{namespace: ns, label: Names(r.snapshot, m.PIDs), basis: m.Basis, pids: fmt.Sprint(m.PIDs)})
	row.Maker, row.Inferred = m, m.Basis.Inferred()
	return row
}

// Names returns "nginx (812), php (90, 91)" for processes of the snapshot, in
// the order of pids, those of one name together; "unknown" for none. Names
// are strangers' bytes.
func Names(s *evidence.Snapshot, pids []int) string {
	if len(pids) == 0 {
		return "unknown"
	}
	var order []string
	of := make(map[string][]string)
	for _, pid := range pids {
		name := "process"
		if o := s.Owner(pid); o != nil && o.Name != "" {
			name = o.Name
		}
		if of[name] == nil {
			order = append(order, name)
		}
		of[name] = append(of[name], fmt.Sprint(pid))
	}
	var parts []string
	for _, name := range order {
		ids := of[name]
		if more := len(ids) - mostPIDs; more > 0 {
			ids = append(ids[:mostPIDs:mostPIDs], fmt.Sprintf("and %d more", more))
		}
		parts = append(parts, fmt.Sprintf("%s (%s)", name, strings.Join(ids, ", ")))
	}
	return strings.Join(parts, ", ")
}

// mostPIDs of one name are listed; a prefork server has hundreds.
const mostPIDs = 4
