package chance

import "math/bits"

// Exponential returns a time between two events of a Poisson process with this
// mean. It is the sum of two independent parts, as the process has no memory:
// whole slices of a 64th of the mean, of which an alias table (Walker 1977) gives
// the number, and a part of one slice, which von Neumann's method (1951) accepts
// by comparing uniform numbers. Logarithms of floating point numbers differ between
// machines in their last bits. Probabilities are off by less than 2^-31.
func (s *Source) Exponential(mean int64) int64 {
	for whole := uint64(0); ; {
		r := s.Next() // 8 bits choose a cell, 24 a side of it, 6 and 26 are for the part
		c := &cells[r>>56]
		slices, other := r>>56, uint64(c.other)
		if uint32(r>>32)&(1<<24-1) >= c.cut {
			slices = other // without a branch, which would be guessed wrongly
		}
		whole += slices
		if slices == beyond {
			continue
		}
		part := uint32(r) & (1<<26 - 1)
		for r>>26&63 == 0 && !s.survives(part) {
			r = s.Next()
			part = uint32(r) & (1<<26 - 1)
		}
		hi, lo := bits.Mul64(whole<<26|uint64(part), uint64(mean))
		return int64(hi<<32 | lo>>32)
	}
}

// survives is true with the probability exp(-part/2^32), given that the first
// number to compare with is below 2^26.
func (s *Source) survives(part uint32) bool {
	next := uint32(s.Next() >> 38)
	for odd := true; ; odd = !odd {
		if next >= part {
			return odd
		}
		part, next = next, uint32(s.Next()>>32)
	}
}

// beyond is the number of slices that means: so many, and draw again.
const beyond = 255

// cell is one of the equal cells of the alias table: below cut, of 2^24, it is
// as many slices as its index, and from there on as many as other.
type cell struct {
	cut   uint32
	other uint8
}

var cells = alias(weights())

// weights are the probabilities of each number of slices, in units of 2^-64.
func weights() (w [256]uint64) {
	const oneSlice = 0xfc07f55ff77d2494 // exp(-1/64)
	left := uint64(oneSlice)
	w[0] = -left
	for k := 1; k < beyond; k++ {
		next, _ := bits.Mul64(left, oneSlice)
		w[k] = left - next
		left = next
	}
	w[beyond] = left
	return w
}

// alias spreads weights over cells of 2^56 each (Vose 1991).
func alias(w [256]uint64) (t [256]cell) {
	const full = 1 << 56
	var short, long []uint8
	for k := range w {
		if w[k] < full {
			short = append(short, uint8(k))
		} else {
			long = append(long, uint8(k))
		}
	}
	for len(short) > 0 && len(long) > 0 {
		s, l := short[len(short)-1], long[len(long)-1]
		short = short[:len(short)-1]
		t[s] = cell{cut: uint32(w[s] >> 32), other: l}
		w[l] -= full - w[s]
		if w[l] < full {
			long = long[:len(long)-1]
			short = append(short, l)
		}
	}
	for _, k := range append(short, long...) {
		t[k] = cell{cut: 1 << 24, other: k}
	}
	return t
}
