package tcp

import (
	"testing"

	"pgregory.net/rapid"
)

// TestHeldPiecesNeverOverlap looks inside: that the queue is sorted and without
// overlap is what bounds its bytes by the window.
func TestHeldPiecesNeverOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := step{p: Params{}.withDefaults()}
		s.c.Rcv.NXT = Seq(rapid.SampledFrom([]uint32{0, 1<<32 - 500, 1<<31 - 500}).Draw(t, "nxt"))
		start := s.c.Rcv.NXT
		for range rapid.IntRange(1, 40).Draw(t, "pieces") {
			from := rapid.IntRange(1, 900).Draw(t, "from")
			n := rapid.IntRange(0, 100).Draw(t, "bytes")
			s.hold(Segment{Seq: start + Seq(from), Data: make([]byte, n)})
			for i, p := range s.c.held {
				if len(p.data) == 0 || i > 0 && s.c.held[i-1].end().After(p.seq) {
					t.Fatalf("piece %d of %d bytes at %d overlaps or is empty", i, len(p.data), p.seq-start)
				}
			}
		}
	})
}
