package tcp_test

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/tcp"
)

// TestPiecesInAnyOrderMakeTheStream lets overlapping pieces of a text arrive.
// What is delivered must be the text as far as the pieces reach without a gap.
func TestPiecesInAnyOrderMakeTheStream(t *testing.T) {
	p := tcp.Params{}
	start := in(t, p, tcp.Established).c
	rapid.Check(t, func(t *rapid.T) {
		c := start
		text := speech('r', 200)
		var covered [200]bool
		var heard []byte
		for range rapid.IntRange(1, 40).Draw(t, "pieces") {
			from := rapid.IntRange(0, 199).Draw(t, "from")
			to := rapid.IntRange(from, min(from+60, 200)).Draw(t, "to")
			var out tcp.Output
			c, out = p.Step(c, 0, tcp.Event{Kind: tcp.Arrive, Segment: tcp.Segment{
				Flags: tcp.ACK, Seq: start.Rcv.NXT + tcp.Seq(from), Ack: start.Snd.NXT, Window: 1000, Data: text[from:to],
			}})
			for i := from; i < to; i++ {
				covered[i] = true
			}
			heard = append(heard, out.Data...)
			reach := 0
			for reach < 200 && covered[reach] {
				reach++
			}
			if !bytes.Equal(heard, text[:reach]) {
				t.Fatalf("heard %q, want %q", heard, text[:reach])
			}
		}
	})
}
