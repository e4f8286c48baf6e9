package twin

import "math/bits"

// sums finds the next cell of one parity that has an open port in three looks,
// however many cells without one lie between: it has a bit for each cell, and a
// bit for each word of these.
type sums struct {
	words [portWords / 64]uint64
	top   uint32
}

func (s *sums) add(w int) {
	s.words[w>>6&(len(s.words)-1)] |= 1 << (w & 63)
	s.top |= 1 << (w >> 6 & 31)
}

func (s *sums) remove(w int) {
	x := &s.words[w>>6&(len(s.words)-1)]
	if *x &^= 1 << (w & 63); *x == 0 {
		s.top &^= 1 << (w >> 6 & 31)
	}
}

// next returns the first cell with an open port from w on, or -1.
func (s *sums) next(w int) int {
	i := w >> 6
	if i >= len(s.words) {
		return -1
	}
	if x := s.words[i] >> (w & 63); x != 0 {
		return w + bits.TrailingZeros64(x)
	}
	rest := s.top >> (i & 31) >> 1
	if rest == 0 {
		return -1
	}
	i += 1 + bits.TrailingZeros32(rest)
	return i<<6 | bits.TrailingZeros64(s.words[i&(len(s.words)-1)])
}
