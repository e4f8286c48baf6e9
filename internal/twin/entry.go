package twin

// entry is a mini-socket in a queue of its timer: 8 bytes. From the top:
// 24 bits group, 16 bits port, 6 bits stamp, 18 bits time.
//
// The time is in units of the queue, modulo 2^18: what is in a queue is never
// older than half of that. The stamp is that of the port when the mini-socket
// was made: if the port has another one by now, the entry is dead.
type entry uint64

const (
	timeBits  = 18
	timeMask  = 1<<timeBits - 1
	stampBits = 6
	stampMask = 1<<stampBits - 1
	halfRound = (stampMask + 1) / 2
	maxGroups = 1 << 24
)

func makeEntry(group uint32, port uint16, stamp uint8, at int64) entry {
	return entry(group)<<40 | entry(port)<<24 | entry(stamp)<<timeBits | entry(at&timeMask)
}

func (e entry) group() uint32 { return uint32(e >> 40) }
func (e entry) port() uint16  { return uint16(e >> 24) }
func (e entry) stamp() uint8  { return uint8(e>>timeBits) & stampMask }

// at returns the full time, given one that is less than 2^18 units later.
func (e entry) at(now int64) int64 { return now - (now-int64(e))&timeMask }

// before reports whether the entry's time is before t, which is at most 2^17
// units away.
func (e entry) before(t int64) bool { return (int64(e)-t)&timeMask >= 1<<(timeBits-1) }

const (
	chunkBits = 9
	chunkLen  = 1 << chunkBits
)

type chunk [chunkLen]entry

// pool keeps chunks that a queue gave back for the next one that grows: a host
// in balance makes no garbage.
type pool struct {
	free []*chunk
	used int
}

func (p *pool) get() *chunk {
	p.used++
	if n := len(p.free); n > 0 {
		c := p.free[n-1]
		p.free = p.free[:n-1]
		return c
	}
	return new(chunk)
}

// put keeps an eighth of what is in use: the timers since 4.1 end mini-sockets in
// batches smaller than that.
func (p *pool) put(c *chunk) {
	p.used--
	if len(p.free) <= 1+p.used/8 {
		p.free = append(p.free, c)
	}
}

// fifo is a queue of entries in pieces of 4 KB, so that its memory follows its
// length closely. Entries are named by their number since the beginning.
type fifo struct {
	head, tail uint64
	first      uint64   // the number of the first entry in chunks[0], a multiple of chunkLen
	chunks     []*chunk // hold head to tail
	last       *chunk   // the last of them
	pool       *pool
}

func (f *fifo) len() int { return int(f.tail - f.head) }

func (f *fifo) slot(n uint64) *entry {
	n -= f.first
	return &f.chunks[n>>chunkBits][n&(chunkLen-1)]
}

func (f *fifo) push(e entry) {
	if f.tail&(chunkLen-1) == 0 {
		f.grow()
	}
	f.last[f.tail&(chunkLen-1)] = e
	f.tail++
}

func (f *fifo) grow() {
	f.last = f.pool.get()
	f.chunks = append(f.chunks, f.last)
}

// drop moves the head to entry n and gives back the chunks before it.
func (f *fifo) drop(n uint64) {
	f.head = n
	whole := int((n - f.first) >> chunkBits)
	if whole == 0 {
		return
	}
	for _, c := range f.chunks[:whole] {
		f.pool.put(c)
	}
	f.chunks = append(f.chunks[:0], f.chunks[whole:]...)
	clear(f.chunks[len(f.chunks):cap(f.chunks)])
	f.first += uint64(whole) << chunkBits
}

// cut moves the tail back to entry n and gives back the chunks behind it.
func (f *fifo) cut(n uint64) {
	f.tail = n
	keep := int((n - f.first + chunkLen - 1) >> chunkBits)
	for i, c := range f.chunks[keep:] {
		f.pool.put(c)
		f.chunks[keep+i] = nil
	}
	f.chunks = f.chunks[:keep]
	if keep > 0 {
		f.last = f.chunks[keep-1]
	}
}
