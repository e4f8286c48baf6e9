package tracer

import (
	"fmt"

	"github.com/cilium/ebpf"
)

// window is a map of the kernel's in two halves: the programs write to one, and
// the other is empty or about to be. What was taken out is in kept.
type window[K comparable, V any, C countable[V]] struct {
	name   string
	slot   *ebpf.Map // holds the half that is written to
	halves [2]*ebpf.Map
	now    int // the half in slot
	kept   *store[K, V, C]
	begun  uint64 // keys that the kernel had begun when it was emptied
}

func newWindow[K comparable, V any, C countable[V]](maps map[string]*ebpf.Map, name string, limit int) *window[K, V, C] {
	return &window[K, V, C]{
		name: name, slot: maps[name], halves: [2]*ebpf.Map{maps[name+"_even"], maps[name+"_odd"]},
		kept: newStore[K, V, C](limit),
	}
}

// empty takes all out of the kernel. It waits for the programs that are
// running, some hundredths of a second. After an error everything is still
// there, in one place or the other.
func (w *window[K, V, C]) empty() error {
	old := w.halves[w.now]
	next := 1 - w.now
	if err := w.slot.Update(uint32(0), w.halves[next], ebpf.UpdateAny); err != nil {
		return fmt.Errorf("empty %s: %w", w.name, err)
	}
	w.now = next
	rows, err := readAll[K, V](old)
	if err != nil {
		return fmt.Errorf("empty %s: %w", w.name, err)
	}
	for key, value := range rows {
		if err := old.Delete(&key); err != nil {
			return fmt.Errorf("empty %s: %w", w.name, err)
		}
		w.kept.add(key, &value)
	}
	w.kept.shrink()
	return nil
}

// all returns what is kept together with what is in the kernel.
func (w *window[K, V, C]) all() (map[K]V, error) {
	sums := newStore[K, V, C](0)
	for key, value := range w.kept.rows {
		sums.add(key, &value)
	}
	for _, half := range w.halves {
		rows, err := readAll[K, V](half)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", w.name, err)
		}
		for key, value := range rows {
			sums.add(key, &value)
		}
	}
	return sums.rows, nil
}

// fullness is how much of a half is taken, from 0 to 1. The kernel counts what
// it begins.
func (w *window[K, V, C]) fullness(begun uint64) float64 {
	return float64(begun-w.begun) / float64(w.halves[0].MaxEntries())
}

func readAll[K comparable, V any](table *ebpf.Map) (map[K]V, error) {
	all := make(map[K]V)
	var key K
	var value V
	rows := table.Iterate()
	for rows.Next(&key, &value) {
		all[key] = value
	}
	return all, rows.Err()
}
