package rawpeer

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/linger-dev/linger/internal/tcp"
)

// Decode reads an IPv4 or IPv6 packet with a TCP segment and verifies all
// checksums. The data of the result is part of b. Any bytes are safe to give;
// the error wraps ErrNotTCP or ErrMalformed.
func Decode(b []byte) (Packet, error) {
	if len(b) == 0 {
		return Packet{}, fmt.Errorf("%w: empty", ErrMalformed)
	}
	switch b[0] >> 4 {
	case 4:
		return decode4(b)
	case 6:
		return decode6(b)
	}
	return Packet{}, fmt.Errorf("%w: IP version %d", ErrMalformed, b[0]>>4)
}

func decode4(b []byte) (Packet, error) {
	if len(b) < header4 {
		return Packet{}, fmt.Errorf("%w: IPv4 header cut off", ErrMalformed)
	}
	header, total := int(b[0]&0xf)*4, int(binary.BigEndian.Uint16(b[2:]))
	if header < header4 || total < header || total > len(b) {
		return Packet{}, fmt.Errorf("%w: IPv4 lengths %d and %d of %d", ErrMalformed, header, total, len(b))
	}
	if sum(0).add(b[:header]).fold() != 0xffff {
		return Packet{}, fmt.Errorf("%w: IPv4 checksum", ErrMalformed)
	}
	if b[9] != protocolTCP {
		return Packet{}, fmt.Errorf("%w: protocol %d", ErrNotTCP, b[9])
	}
	if binary.BigEndian.Uint16(b[6:])&0x3fff != 0 {
		return Packet{}, fmt.Errorf("%w: IPv4 fragment", ErrMalformed)
	}
	src, dst := netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
	return decodeTCP(src, dst, b[header:total])
}

// decode6 takes only TCP right after the header: the kernel puts no extension
// headers before it unless asked to.
func decode6(b []byte) (Packet, error) {
	if len(b) < header6 {
		return Packet{}, fmt.Errorf("%w: IPv6 header cut off", ErrMalformed)
	}
	n := int(binary.BigEndian.Uint16(b[4:]))
	if n > len(b)-header6 {
		return Packet{}, fmt.Errorf("%w: IPv6 length %d of %d", ErrMalformed, n, len(b)-header6)
	}
	if b[6] != protocolTCP {
		return Packet{}, fmt.Errorf("%w: next header %d", ErrNotTCP, b[6])
	}
	src, dst := netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
	return decodeTCP(src, dst, b[header6:header6+n])
}

func decodeTCP(src, dst netip.Addr, b []byte) (Packet, error) {
	if len(b) < headerTCP {
		return Packet{}, fmt.Errorf("%w: TCP header cut off", ErrMalformed)
	}
	header := int(b[12]>>4) * 4
	if header < headerTCP || header > len(b) {
		return Packet{}, fmt.Errorf("%w: TCP data offset %d of %d", ErrMalformed, header, len(b))
	}
	if pseudo(src, dst, len(b)).add(b).fold() != 0xffff {
		return Packet{}, fmt.Errorf("%w: TCP checksum", ErrMalformed)
	}
	return Packet{
		Tuple: tcp.FourTuple{
			Src: netip.AddrPortFrom(src, binary.BigEndian.Uint16(b)),
			Dst: netip.AddrPortFrom(dst, binary.BigEndian.Uint16(b[2:])),
		},
		Segment: tcp.Segment{
			Seq:     tcp.Seq(binary.BigEndian.Uint32(b[4:])),
			Ack:     tcp.Seq(binary.BigEndian.Uint32(b[8:])),
			Flags:   tcp.Flags(b[13]),
			Window:  binary.BigEndian.Uint16(b[14:]),
			Options: decodeOptions(b[headerTCP:header]),
			Data:    b[header:len(b):len(b)],
		},
	}, nil
}

// decodeOptions skips what it does not know. As in Linux (tcp_parse_options),
// an illegal length ends the options and costs none of those before it: RFC
// 9293 section 3.1 (MUST-7) only demands that it be survived.
func decodeOptions(b []byte) (o tcp.Options) {
	for len(b) > 0 && b[0] != optionEnd {
		if b[0] == optionNop {
			b = b[1:]
			continue
		}
		if len(b) < 2 || b[1] < 2 || int(b[1]) > len(b) {
			return o
		}
		value := b[2:b[1]]
		switch {
		case b[0] == optionMSS && len(value) == 2:
			o.MSS = binary.BigEndian.Uint16(value)
		case b[0] == optionScale && len(value) == 1:
			o.WindowScale, o.HasScale = value[0], true
		case b[0] == optionTimestamp && len(value) == 8:
			o.HasTimestamps = true
			o.TSVal, o.TSEcr = binary.BigEndian.Uint32(value), binary.BigEndian.Uint32(value[4:])
		}
		b = b[b[1]:]
	}
	return o
}
