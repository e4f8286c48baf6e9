package tcp

import "net/netip"

// FourTuple names one connection as seen from one end: Src is the local
// address and port, Dst the remote one. IPv4 addresses are held in their
// four-byte form, also when the socket was opened as an IPv4-mapped IPv6 one,
// because the kernel compares such sockets by their IPv4 addresses.
type FourTuple struct {
	Src netip.AddrPort `json:"src"`
	Dst netip.AddrPort `json:"dst"`
}

// Reverse returns the same connection as seen from the other end.
func (t FourTuple) Reverse() FourTuple { return FourTuple{Src: t.Dst, Dst: t.Src} }

// String returns "src -> dst".
func (t FourTuple) String() string { return t.Src.String() + " -> " + t.Dst.String() }
