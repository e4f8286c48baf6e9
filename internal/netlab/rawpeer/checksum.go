package rawpeer

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// sum is a one's complement sum (RFC 1071) that has not been folded yet. It is
// kept in 64 bits: end-around carry works at any width.
type sum uint64

// add adds bytes that begin at an even offset.
func (s sum) add(b []byte) sum {
	total, carry := uint64(s), uint64(0)
	for ; len(b) >= 8; b = b[8:] {
		total, carry = bits.Add64(total, binary.BigEndian.Uint64(b), carry)
	}
	if len(b) > 0 {
		var rest [8]byte
		copy(rest[:], b)
		total, carry = bits.Add64(total, binary.BigEndian.Uint64(rest[:]), carry)
	}
	total, carry = bits.Add64(total, 0, carry)
	return sum(total + carry)
}

// fold returns the sum in 16 bits: 0xffff if the checksum was included and right.
func (s sum) fold() uint16 {
	t := uint64(s)
	for t > 0xffff {
		t = t>>16 + t&0xffff
	}
	return uint16(t)
}

// pseudo is the sum of the pseudo-header of RFC 9293 section 3.1 for a segment
// of n bytes. The one of IPv6 (RFC 8200 section 8.1) sums up alike.
func pseudo(src, dst netip.Addr, n int) sum {
	s := sum(n) + protocolTCP
	if src.Is4() {
		a, b := src.As4(), dst.As4()
		return s.add(a[:]).add(b[:])
	}
	a, b := src.As16(), dst.As16()
	return s.add(a[:]).add(b[:])
}
