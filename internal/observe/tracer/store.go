package tracer

import (
	"cmp"
	"slices"
)

// countable is what a store adds up.
type countable[V any] interface {
	*V
	merge(from *V)
	size() uint64 // what a row is worth when room is scarce
	at() uint64   // of its last change, ns since boot
}

// store keeps counts that were taken out of the kernel, for a bounded number
// of keys. What must go to make room is added to rest, so that sums stay exact.
type store[K comparable, V any, C countable[V]] struct {
	limit int
	rows  map[K]V
	rest  V
}

func newStore[K comparable, V any, C countable[V]](limit int) *store[K, V, C] {
	return &store[K, V, C]{limit: max(limit, 1), rows: make(map[K]V)}
}

// add adds counts to those of a key. The bound holds only after shrink.
func (s *store[K, V, C]) add(key K, counts *V) {
	row, known := s.rows[key]
	if known {
		C(&row).merge(counts)
	} else {
		row = *counts
	}
	s.rows[key] = row
}

// shrink makes room if there are too many keys: an eighth more than must be, as
// it looks at all. Of the smaller half of them the longest idle ones go: so
// neither a great one that is silent for long must give way to a crowd, nor
// what has just begun to what is over.
func (s *store[K, V, C]) shrink() {
	if len(s.rows) <= s.limit {
		return
	}
	type standing struct {
		key      K
		size, at uint64
	}
	all := make([]standing, 0, len(s.rows))
	for key, row := range s.rows {
		all = append(all, standing{key, C(&row).size(), C(&row).at()})
	}
	slices.SortFunc(all, func(a, b standing) int { return cmp.Or(cmp.Compare(a.size, b.size), cmp.Compare(a.at, b.at)) })
	surplus := len(all) - (s.limit - s.limit/8)
	smaller := all[:max(len(all)/2, surplus)]
	slices.SortStableFunc(smaller, func(a, b standing) int { return cmp.Compare(a.at, b.at) })
	for _, gone := range smaller[:surplus] {
		row := s.rows[gone.key]
		C(&s.rest).merge(&row)
		delete(s.rows, gone.key)
	}
}
