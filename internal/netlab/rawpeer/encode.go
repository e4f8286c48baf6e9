package rawpeer

import (
	"encoding/binary"
	"fmt"

	"github.com/linger-dev/linger/internal/tcp"
)

const (
	hopLimit     = 64
	dontFragment = 0x4000
)

// Encode appends p as an IP packet to b. Both addresses must be of the same
// family. The error is ErrTooLong, wrapped.
func Encode(b []byte, p Packet) ([]byte, error) {
	s := &p.Segment
	segment := headerTCP + optionsLen(s.Options) + len(s.Data)
	if p.Tuple.Src.Addr().Is4() {
		if header4+segment > maxPacket {
			return b, fmt.Errorf("%w: %d bytes of data", ErrTooLong, len(s.Data))
		}
		b = encode4(b, p.Tuple, segment)
	} else {
		if segment > maxPacket {
			return b, fmt.Errorf("%w: %d bytes of data", ErrTooLong, len(s.Data))
		}
		b = encode6(b, p.Tuple, segment)
	}
	start := len(b)
	b = binary.BigEndian.AppendUint16(b, p.Tuple.Src.Port())
	b = binary.BigEndian.AppendUint16(b, p.Tuple.Dst.Port())
	b = binary.BigEndian.AppendUint32(b, uint32(s.Seq))
	b = binary.BigEndian.AppendUint32(b, uint32(s.Ack))
	b = append(b, byte(segment-len(s.Data))<<2, byte(s.Flags))
	b = binary.BigEndian.AppendUint16(b, s.Window)
	b = append(b, 0, 0, 0, 0) // checksum, urgent pointer
	b = appendOptions(b, s.Options)
	b = append(b, s.Data...)
	check := pseudo(p.Tuple.Src.Addr(), p.Tuple.Dst.Addr(), segment).add(b[start:]).fold()
	binary.BigEndian.PutUint16(b[start+16:], ^check)
	return b, nil
}

// encode4 may leave the identification 0 because the packet is never
// fragmented (RFC 6864 section 4.1).
func encode4(b []byte, t tcp.FourTuple, segment int) []byte {
	start := len(b)
	b = append(b, 0x45, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(header4+segment))
	b = append(b, 0, 0)
	b = binary.BigEndian.AppendUint16(b, dontFragment)
	b = append(b, hopLimit, protocolTCP, 0, 0)
	src, dst := t.Src.Addr().As4(), t.Dst.Addr().As4()
	b = append(b, src[:]...)
	b = append(b, dst[:]...)
	binary.BigEndian.PutUint16(b[start+10:], ^sum(0).add(b[start:]).fold())
	return b
}

func encode6(b []byte, t tcp.FourTuple, segment int) []byte {
	b = append(b, 0x60, 0, 0, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(segment))
	b = append(b, protocolTCP, hopLimit)
	src, dst := t.Src.Addr().As16(), t.Dst.Addr().As16()
	b = append(b, src[:]...)
	return append(b, dst[:]...)
}

// optionsLen is a multiple of 4: each option is padded on its own.
func optionsLen(o tcp.Options) (n int) {
	if o.MSS != 0 {
		n += 4
	}
	if o.HasScale {
		n += 4
	}
	if o.HasTimestamps {
		n += 12
	}
	return n
}

func appendOptions(b []byte, o tcp.Options) []byte {
	if o.MSS != 0 {
		b = append(b, optionMSS, 4)
		b = binary.BigEndian.AppendUint16(b, o.MSS)
	}
	if o.HasTimestamps { // laid out as RFC 7323 appendix A wants it
		b = append(b, optionNop, optionNop, optionTimestamp, 10)
		b = binary.BigEndian.AppendUint32(b, o.TSVal)
		b = binary.BigEndian.AppendUint32(b, o.TSEcr)
	}
	if o.HasScale {
		b = append(b, optionNop, optionScale, 3, o.WindowScale)
	}
	return b
}
