package twin

import (
	"math/bits"

	"github.com/linger-dev/linger/internal/evidence"
)

// span is the range that a search walks, made ready for it.
type span struct {
	low, end uint32 // the first port, and one after the last
	count    uint32 // ports that one search visits
	plain    bool   // parities are not told apart
	usual    bool   // quick can do for search
	reserved *reserved
}

func (k *Kernel) span(low, high uint16, plain bool, r *reserved) span {
	s := span{low: uint32(low), end: uint32(high) + 1, plain: plain || k.Search < ParityHint, reserved: r}
	s.count = s.end - s.low
	if !s.plain && s.count > 1 {
		s.count &^= 1
	}
	s.usual = k.Search == ParityTable && k.Noise == OneInEight && !s.plain && r == nil && s.count == s.end-s.low && s.count > 1
	return s
}

// within returns the part of a range that IP_LOCAL_PORT_RANGE leaves: each of
// its bounds counts only if it lies inside (inet_sk_get_local_port_range).
func within(low, high uint16, own evidence.PortRange) (uint16, uint16) {
	l, h := low, high
	if own.Low != 0 && low <= own.Low && own.Low <= high {
		l = own.Low
	}
	if own.High != 0 && low <= own.High && own.High <= high {
		h = own.High
	}
	return l, h
}

// reserved is ip_local_reserved_ports, with the numbers of ports before each
// word: a search counts the ports that it looks at, and skips these.
type reserved struct {
	ports  portPlane
	before [2*portWords + 1]uint32
}

func newReserved(set *evidence.PortSet) *reserved {
	if set.Len() == 0 {
		return nil
	}
	r := new(reserved)
	for p := range set.All() {
		w, bit := planeAt(p)
		r.ports[w] |= bit
	}
	for w, x := range r.ports {
		r.before[w+1] = r.before[w] + uint32(bits.OnesCount64(x))
	}
	return r
}

// among counts the reserved ports of n in a row of one parity, from port on.
func (r *reserved) among(port uint32, n int) int {
	if n <= 0 {
		return 0
	}
	w, bit := planeAt(uint16(port))
	from := w<<6 | bits.TrailingZeros64(bit)
	return r.rank(from+n) - r.rank(from)
}

func (r *reserved) rank(at int) int {
	w := at >> 6
	n := int(r.before[w])
	if at&63 != 0 {
		n += bits.OnesCount64(r.ports[w] << (64 - at&63))
	}
	return n
}
