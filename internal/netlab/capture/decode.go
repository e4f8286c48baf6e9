package capture

import (
	"encoding/binary"
	"errors"
	"net/netip"

	"github.com/linger-dev/linger/internal/tcp"
)

var (
	errShort    = errors.New("packet ends within its headers")
	errNotTCP   = errors.New("packet is not TCP")
	errFragment = errors.New("packet is not the first fragment")
	errLength   = errors.New("headers contradict each other about lengths")
)

const protocolTCP = 6

// Decode reads the headers of an IPv4 or IPv6 packet, which begins at raw[0]
// and may be cut anywhere after the TCP header. length is that of the whole
// packet; it is used where the IP header gives none, as for segments of more
// than 64 KiB that only exist within a machine. Checksums are not looked at:
// between private hosts they are never computed. IPv6 extension headers are
// not followed, because neither Linux's TCP nor ours sends any.
func Decode(raw []byte, length int) (Header, error) {
	if len(raw) == 0 {
		return Header{}, errShort
	}
	switch raw[0] >> 4 {
	case 4:
		return decode4(raw, length)
	case 6:
		return decode6(raw, length)
	}
	return Header{}, errNotTCP
}

func decode4(raw []byte, length int) (Header, error) {
	if len(raw) < 20 {
		return Header{}, errShort
	}
	own := int(raw[0]&15) * 4
	total := int(binary.BigEndian.Uint16(raw[2:]))
	if total == 0 {
		total = length
	}
	switch {
	case raw[9] != protocolTCP:
		return Header{}, errNotTCP
	case binary.BigEndian.Uint16(raw[6:])&0x1fff != 0:
		return Header{}, errFragment
	case own < 20:
		return Header{}, errLength
	case len(raw) < own:
		return Header{}, errShort
	}
	src, dst := netip.AddrFrom4([4]byte(raw[12:])), netip.AddrFrom4([4]byte(raw[16:]))
	return decodeTCP(raw[own:], total-own, src, dst)
}

func decode6(raw []byte, length int) (Header, error) {
	const own = 40
	if len(raw) < own {
		return Header{}, errShort
	}
	payload := int(binary.BigEndian.Uint16(raw[4:]))
	if payload == 0 {
		payload = length - own
	}
	if raw[6] != protocolTCP {
		return Header{}, errNotTCP
	}
	src, dst := netip.AddrFrom16([16]byte(raw[8:])), netip.AddrFrom16([16]byte(raw[24:]))
	return decodeTCP(raw[own:], payload, src, dst)
}

// decodeTCP reads a TCP header; size is that of the whole segment.
func decodeTCP(b []byte, size int, src, dst netip.Addr) (Header, error) {
	if len(b) < 20 {
		return Header{}, errShort
	}
	own := int(b[12]>>4) * 4
	switch {
	case own < 20, size < own:
		return Header{}, errLength
	case len(b) < own:
		return Header{}, errShort
	}
	h := Header{
		Tuple: tcp.FourTuple{
			Src: netip.AddrPortFrom(src, binary.BigEndian.Uint16(b)),
			Dst: netip.AddrPortFrom(dst, binary.BigEndian.Uint16(b[2:])),
		},
		Segment: tcp.Segment{
			Flags:  tcp.Flags(b[13]),
			Seq:    tcp.Seq(binary.BigEndian.Uint32(b[4:])),
			Ack:    tcp.Seq(binary.BigEndian.Uint32(b[8:])),
			Window: binary.BigEndian.Uint16(b[14:]),
		},
		DataLen: size - own,
	}
	decodeOptions(b[20:own], &h.Segment.Options)
	return h, nil
}

// decodeOptions reads the options that the machine speaks (RFC 9293 section
// 3.2, RFC 7323) and passes over the others. It stops at nonsense, as Linux's
// tcp_parse_options does.
func decodeOptions(b []byte, o *tcp.Options) {
	const end, nop, mss, scale, timestamps = 0, 1, 2, 3, 8
	for len(b) > 0 {
		switch b[0] {
		case end:
			return
		case nop:
			b = b[1:]
			continue
		}
		if len(b) < 2 || b[1] < 2 || int(b[1]) > len(b) {
			return
		}
		value := b[2:b[1]]
		switch {
		case b[0] == mss && len(value) == 2:
			o.MSS = binary.BigEndian.Uint16(value)
		case b[0] == scale && len(value) == 1:
			o.WindowScale, o.HasScale = value[0], true
		case b[0] == timestamps && len(value) == 8:
			o.HasTimestamps = true
			o.TSVal, o.TSEcr = binary.BigEndian.Uint32(value), binary.BigEndian.Uint32(value[4:])
		}
		b = b[b[1]:]
	}
}
