package evidence

import "github.com/linger-dev/linger/internal/tcp"

// Relative turns sequence numbers of the wire into those that people read:
// counted per direction from the SYN, which is 0. Segments must be given in
// the order of time. The zero value is ready; it is not safe for concurrent
// use and remembers every connection, so its user bounds what it is given.
type Relative struct {
	ways map[tcp.FourTuple]*way
}

// way is one direction of a connection.
type way struct {
	known bool
	last  tcp.Seq // the number last seen here, and what it means:
	at    int64   // kept together so that streams beyond 2^31 bytes are counted on
	// isn is the number that the present connection began with.
	isn     tcp.Seq
	hasISN  bool
	next    tcp.Seq // of a SYN that would begin another connection, if the peer takes it
	hasNext bool
}

// Of returns the relative numbers of a segment of t, as its sender sees t.
// The number of acknowledgement is 0 without the flag ACK. Where the SYN was
// not seen, the first number that was is 1.
//
// A SYN with another number than the one before may begin a new connection of
// the same four-tuple, or be an old duplicate that the peer refuses. It is 0
// itself, but the numbers that follow are counted from it only once the peer
// acknowledges it.
func (r *Relative) Of(t tcp.FourTuple, f tcp.Flags, seq, ack tcp.Seq) (relSeq, relAck int64) {
	out, back := r.way(t), r.way(t.Reverse())
	if f.Has(tcp.ACK) {
		if back.hasNext && ack == back.next.Add(1) {
			*back = way{known: true, last: back.next, isn: back.next, hasISN: true}
		}
		relAck = back.place(ack)
	}
	if f.Has(tcp.SYN) {
		return out.syn(seq), relAck
	}
	return out.place(seq), relAck
}

func (r *Relative) way(t tcp.FourTuple) *way {
	if r.ways == nil {
		r.ways = map[tcp.FourTuple]*way{}
	}
	w := r.ways[t]
	if w == nil {
		w = &way{}
		r.ways[t] = w
	}
	return w
}

// syn always gives 0.
func (w *way) syn(seq tcp.Seq) int64 {
	switch {
	case !w.known:
		*w = way{known: true, last: seq, isn: seq, hasISN: true}
	case w.hasISN && seq == w.isn:
	case !w.hasISN && w.at+int64(seq.Sub(w.last)) == 0: // the number was known from an acknowledgement
		w.isn, w.hasISN = seq, true
	default:
		w.next, w.hasNext = seq, true
	}
	return 0
}

func (w *way) place(seq tcp.Seq) int64 {
	if !w.known {
		*w = way{known: true, last: seq, at: 1}
		return 1
	}
	at := w.at + int64(seq.Sub(w.last))
	if at > w.at {
		w.last, w.at = seq, at
	}
	return at
}
