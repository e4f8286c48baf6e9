package view

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// States is the answer of `linger states`.
type States struct {
	Snapshot *evidence.Snapshot
	By       string // "", "owner", "destination", "source" or "service"
	Rows     []StateRow
}

// StateRow counts the sockets of a namespace that have a label in common.
type StateRow struct {
	Namespace string `json:"namespace"`
	// Label is the owner, address or service; empty when not split. It can
	// hold strangers' bytes.
	Label        string             `json:"label"`
	Direction    evidence.Direction `json:"direction,omitzero"` // if the split tells it
	Counts       evidence.Counts    `json:"states"`
	MiniFinWait2 uint64             `json:"mini_fin_wait2"` // of the FIN_WAIT2: shrunk to a mini-socket
	Minute       evidence.Minute    `json:"minute"`
	Rate         evidence.Rate      `json:"rate"`
	Maker        evidence.Maker     `json:"maker"`    // if split by owner
	Inferred     bool               `json:"inferred"` // Maker is a conclusion, not an observation
}

// StatesOf sums the tallies of a snapshot, split by "owner", "destination"
// (the remote end), "source" (the local address), "service" (the end that was
// connected to), or not at all (""). Rows of a split are ordered by
// TIME_WAIT, then by all sockets; without one there is a row per namespace. It
// returns an error for any other split.
func StatesOf(s *evidence.Snapshot, by string) (States, error) {
	splits := map[string]func(*rows, *evidence.Namespace){
		"": whole, "owner": byOwner, "destination": byDestination, "source": bySource, "service": byService,
	}
	split, ok := splits[by]
	if !ok {
		return States{}, fmt.Errorf("states cannot be split by %q: only by owner, destination, source or service", by)
	}
	out := rows{snapshot: s, index: make(map[rowKey]int)}
	for i := range s.Namespaces {
		split(&out, &s.Namespaces[i])
	}
	for i := range out.list {
		out.list[i].Rate = out.list[i].Minute.Rate()
	}
	if by != "" {
		slices.SortStableFunc(out.list, byWeight)
	}
	return States{Snapshot: s, By: by, Rows: out.list}, nil
}

func byWeight(a, b StateRow) int {
	return cmp.Or(
		cmp.Compare(b.Counts[tcp.TimeWait], a.Counts[tcp.TimeWait]),
		cmp.Compare(b.Counts.Total(), a.Counts.Total()),
		cmp.Compare(a.Label, b.Label),
		cmp.Compare(a.Direction, b.Direction),
		cmp.Compare(a.Namespace, b.Namespace),
	)
}

// rowKey tells rows apart. The position of the namespace stands for it, for
// names need not be unique.
type rowKey struct {
	namespace *evidence.Namespace
	label     string
	direction evidence.Direction
	basis     evidence.Basis
	pids      string // all of the maker: a label may leave some out
}

type rows struct {
	snapshot *evidence.Snapshot
	list     []StateRow
	index    map[rowKey]int
}

// at returns the row for a key, valid until the next call.
func (r *rows) at(k rowKey) *StateRow {
	i, ok := r.index[k]
	if !ok {
		i = len(r.list)
		r.index[k] = i
		r.list = append(r.list, StateRow{Namespace: k.namespace.Name, Label: k.label, Direction: k.direction})
	}
	return &r.list[i]
}

// add sums a whole tally into a row.
func (row *StateRow) add(t *evidence.Tally) {
	row.Counts.Add(&t.States)
	row.MiniFinWait2 += t.MiniFinWait2
	row.Minute.Add(&t.Minute)
}

func whole(r *rows, ns *evidence.Namespace) {
	row := r.at(rowKey{namespace: ns})
	for i := range ns.Tallies {
		row.add(&ns.Tallies[i])
	}
	row.Counts[tcp.Listen] = max(row.Counts[tcp.Listen], uint64(len(ns.Listeners)))
}

func byDestination(r *rows, ns *evidence.Namespace) {
	for i := range ns.Tallies {
		t := &ns.Tallies[i]
		label := serviceLabel(t.Key)
		if t.Direction == evidence.Inbound {
			label = "others"
			if !t.Others() {
				label = t.Dst.String()
			}
		}
		r.at(rowKey{namespace: ns, label: label, direction: t.Direction}).add(t)
	}
}

func bySource(r *rows, ns *evidence.Namespace) {
	for i := range ns.Tallies {
		t := &ns.Tallies[i]
		label := "others"
		if t.Src.IsValid() {
			label = t.Src.String()
		}
		r.at(rowKey{namespace: ns, label: label}).add(t)
	}
}

func byService(r *rows, ns *evidence.Namespace) {
	for i := range ns.Tallies {
		t := &ns.Tallies[i]
		r.at(rowKey{namespace: ns, label: serviceLabel(t.Key), direction: t.Direction}).add(t)
	}
}

// serviceLabel is the end that was connected to.
func serviceLabel(k evidence.Key) string {
	if svc := k.Service(); svc.Addr().IsValid() {
		return svc.String()
	}
	return fmt.Sprintf("others:%d", k.Port)
}
