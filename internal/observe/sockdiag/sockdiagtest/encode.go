package sockdiagtest

import (
	"encoding/binary"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

const (
	kindError     = 2
	kindDone      = 3
	kindOverrun   = 4
	kindCompat    = 18
	kindByFamily  = 20
	flagMulti     = 0x2
	flagTorn      = 0x10
	flagTLVs      = 0x200
	familyInet    = 2
	familyInet6   = 10
	headerSize    = 16
	attrInfo      = 2
	attrShutdown  = 8
	attrV6Only    = 11
	attrMark      = 15
	infoSize      = 248 // struct tcp_info of Linux 6.18
	infoLastAck   = 56
	reqSize       = 56
	reqCompatSize = 60
)

var ne = binary.NativeEndian

// appendHeader appends a struct nlmsghdr for a payload of size bytes.
func appendHeader(dst []byte, size int, kind, flags uint16, seq uint32) []byte {
	dst = ne.AppendUint32(dst, uint32(headerSize+size))
	dst = ne.AppendUint16(dst, kind)
	dst = ne.AppendUint16(dst, flags)
	dst = ne.AppendUint32(dst, seq)
	return ne.AppendUint32(dst, 0)
}

// appendRow appends the message that a kernel sends for r: its type is that of
// the request. If asked, full sockets that have Info carry a struct tcp_info.
func appendRow(dst []byte, r *Row, req request) []byte {
	start := len(dst)
	dst = appendHeader(dst, 0, req.kind, flagMulti, req.seq)
	state := r.State
	if state == tcp.BoundInactive {
		state = tcp.Close
	}
	family := byte(familyInet)
	if r.V6 {
		family = familyInet6
	}
	be := binary.BigEndian
	dst = append(dst, family, byte(state), byte(r.Timer), r.Retrans)
	dst = be.AppendUint16(dst, r.SrcPort)
	dst = be.AppendUint16(dst, r.DstPort)
	dst = append(append(dst, address(r.V6, r.Src)...), address(r.V6, r.Dst)...)
	for _, v := range [...]uint32{
		r.Ifindex, uint32(r.Cookie), uint32(r.Cookie >> 32),
		r.Expires, r.RQueue, r.WQueue, r.UID, uint32(r.Inode),
	} {
		dst = ne.AppendUint32(dst, v)
	}
	dst = appendAttr(dst, attrMark, make([]byte, 4))
	if !r.Mini() {
		dst = appendAttr(dst, attrShutdown, []byte{0})
		if r.V6 && (state == tcp.Listen || state == tcp.Close) {
			dst = appendAttr(dst, attrV6Only, []byte{boolByte(r.V6Only)})
		}
		if req.info && r.Info != nil {
			raw := make([]byte, infoSize)
			ne.PutUint32(raw[infoLastAck:], r.Info.LastAckRecv)
			dst = appendAttr(dst, attrInfo, raw)
		}
	}
	ne.PutUint32(dst[start:], uint32(len(dst)-start))
	return dst
}

// address returns the 16 bytes of struct inet_diag_sockid: an IPv4 address
// comes first in its four-byte form.
func address(v6 bool, a evidence.Addr) []byte {
	if !v6 {
		a = evidence.Addr{a[12], a[13], a[14], a[15]}
	}
	return a[:]
}

func boolByte(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// appendAttr appends a struct nlattr, padded to four bytes.
func appendAttr(dst []byte, kind uint16, value []byte) []byte {
	dst = ne.AppendUint16(dst, uint16(4+len(value)))
	dst = ne.AppendUint16(dst, kind)
	dst = append(dst, value...)
	for len(dst)%4 != 0 {
		dst = append(dst, 0)
	}
	return dst
}
