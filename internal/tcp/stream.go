package tcp

// chunkSize is where a stream stops joining small writes: large enough that
// few segments span two chunks, small enough that joining stays cheap.
const chunkSize = 16 << 10

// stream is a queue of bytes that many versions of a connection can share: no
// operation changes what an older version refers to. Chunks are never empty.
type stream struct {
	chunks [][]byte
	skip   int // bytes of the first chunk that are dropped
	size   int
}

func (q stream) len() int { return q.size }

// push returns the stream with a copy of data at its end. The list of chunks
// is copied too: an older version may have been pushed to as well.
func (q stream) push(data []byte) stream {
	if len(data) == 0 {
		return q
	}
	chunks := append(make([][]byte, 0, len(q.chunks)+1), q.chunks...)
	var last []byte
	if n := len(chunks); n > 0 && len(chunks[n-1])+len(data) <= chunkSize {
		last, chunks = chunks[n-1], chunks[:n-1]
	}
	joined := append(make([]byte, 0, len(last)+len(data)), last...)
	return stream{append(chunks, append(joined, data...)), q.skip, q.size + len(data)}
}

// drop returns the stream without its first n bytes.
func (q stream) drop(n int) stream {
	q.size -= n
	q.skip += n
	for len(q.chunks) > 0 && q.skip >= len(q.chunks[0]) {
		q.skip -= len(q.chunks[0])
		q.chunks = q.chunks[1:]
	}
	return q
}

// slice returns n bytes from offset on, without copying if they are in one
// chunk. There must be so many.
func (q stream) slice(offset, n int) []byte {
	offset += q.skip
	i := 0
	for offset >= len(q.chunks[i]) {
		offset -= len(q.chunks[i])
		i++
	}
	if first := q.chunks[i][offset:]; len(first) >= n {
		return first[:n:n]
	}
	out := make([]byte, 0, n)
	for ; len(out) < n; i++ {
		chunk := q.chunks[i][offset:]
		out = append(out, chunk[:min(len(chunk), n-len(out))]...)
		offset = 0
	}
	return out
}
