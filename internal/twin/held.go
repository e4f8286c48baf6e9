package twin

// held1 is a live connection of a stream, and when it is closed.
type held1 struct {
	at    int64
	group uint32
	port  uint16
}

// held is a queue of live connections: all of a stream are held equally long.
type held struct {
	ring       []held1
	head, tail uint64
}

func (q *held) len() int { return int(q.tail - q.head) }

func (q *held) due() int64 {
	if q.head == q.tail {
		return never
	}
	return q.ring[q.head&uint64(len(q.ring)-1)].at
}

func (q *held) push(c held1) {
	if q.len() == len(q.ring) {
		old := q.ring
		q.ring = make([]held1, max(64, 2*len(old)))
		for n := q.head; n < q.tail; n++ {
			q.ring[n&uint64(len(q.ring)-1)] = old[n&uint64(len(old)-1)]
		}
	}
	q.ring[q.tail&uint64(len(q.ring)-1)] = c
	q.tail++
}

func (q *held) oldest() *held1 { return &q.ring[q.head&uint64(len(q.ring)-1)] }

func (q *held) pop() held1 {
	c := *q.oldest()
	q.head++
	return c
}
