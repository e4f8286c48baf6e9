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
		if rest.Total() == 0 {
			continue
		}
		row := r.owner(ns, ns.MakerOf(t))
		row.Counts.Add(&rest)
		row.MiniFinWait2 += min(t.MiniFinWait2, rest[tcp.FinWait2])
		row.Minute.Add(&t.Minute)
	}
	for _, l := range ns.Listeners {
		maker := evidence.Maker{PIDs: l.PIDs, Basis: evidence.Held}
		if len(l.PIDs) == 0 {
			maker = evidence.Maker{}
		}
		r.owner(ns, maker).Counts[tcp.Listen]++
	}
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
