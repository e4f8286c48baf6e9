package rawpeer

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/linger-dev/linger/internal/tcp"
)

// rawOptions makes a packet with these bytes as its options.
func rawOptions(t *testing.T, options []byte) []byte {
	t.Helper()
	tuple := tcp.FourTuple{Src: netip.MustParseAddrPort("10.0.0.1:1"), Dst: netip.MustParseAddrPort("10.0.0.2:2")}
	b := encode4(nil, tuple, headerTCP+len(options))
	segment := append(make([]byte, headerTCP), options...)
	segment[3], segment[1] = 2, 1
	segment[12] = byte(len(segment)) << 2
	binary.BigEndian.PutUint16(segment[16:], ^pseudo(tuple.Src.Addr(), tuple.Dst.Addr(), len(segment)).add(segment).fold())
	return append(b, segment...)
}

func TestIllegalOptionLengthsCostNoEarlierOption(t *testing.T) {
	mss := []byte{2, 4, 5, 0xb4}
	for name, c := range map[string]struct {
		options []byte
		want    tcp.Options
	}{
		"length 0":            {append(mss[:4:4], 8, 0, 0, 0), tcp.Options{MSS: 1460}},
		"length 1":            {append(mss[:4:4], 3, 1, 7, 0), tcp.Options{MSS: 1460}},
		"beyond the header":   {append(mss[:4:4], 8, 10, 0, 0), tcp.Options{MSS: 1460}},
		"kind without length": {append(mss[:4:4], 1, 1, 1, 3), tcp.Options{MSS: 1460}},
		"wrong for its kind":  {append([]byte{2, 3, 9, 3, 3, 7}, 0, 0), tcp.Options{WindowScale: 7, HasScale: true}},
		"unknown":             {append([]byte{253, 4, 0, 0}, mss...), tcp.Options{MSS: 1460}},
		"after the end":       {append([]byte{0, 0, 0, 0}, mss...), tcp.Options{}},
	} {
		p, err := Decode(rawOptions(t, c.options))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if p.Segment.Options != c.want {
			t.Errorf("%s: got %+v", name, p.Segment.Options)
		}
	}
}
