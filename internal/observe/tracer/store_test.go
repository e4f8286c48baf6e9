package tracer

import (
	"testing"

	"pgregory.net/rapid"
)

// tallied is what a store counts in these tests.
type tallied struct{ n, last uint64 }

func (c *tallied) merge(from *tallied) { c.n, c.last = c.n+from.n, max(c.last, from.last) }
func (c *tallied) size() uint64        { return c.n }
func (c *tallied) at() uint64          { return c.last }

func TestAStoreIsBoundedAndLosesNoCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newStore[int, tallied](rapid.IntRange(1, 20).Draw(t, "limit"))
		total := uint64(0)
		for now := range rapid.IntRange(0, 200).Draw(t, "adds") {
			c := tallied{rapid.Uint64Range(0, 9).Draw(t, "count"), uint64(now)}
			total += c.n
			s.add(rapid.IntRange(0, 40).Draw(t, "key"), &c)
			if rapid.Bool().Draw(t, "shrink") {
				if s.shrink(); len(s.rows) > s.limit {
					t.Fatalf("%d rows, at most %d", len(s.rows), s.limit)
				}
			}
		}
		sum := s.rest.n
		for _, c := range s.rows {
			sum += c.n
		}
		if sum != total {
			t.Errorf("%d of %d counts are left", sum, total)
		}
	})
}

func TestWhatIsGreatOrNewStaysInAStore(t *testing.T) {
	const limit = 16
	s := newStore[uint64, tallied](limit)
	s.add(0, &tallied{n: 1000, last: 0}) // long ago
	for now := uint64(1); now < 1000; now++ {
		s.add(now, &tallied{n: 1, last: now})
		s.shrink()
	}
	for _, key := range []uint64{0, 999, 998} {
		if _, known := s.rows[key]; !known {
			t.Errorf("%d was forgotten: %v", key, s.rows)
		}
	}
}
