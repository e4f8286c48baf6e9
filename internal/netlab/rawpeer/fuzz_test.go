package rawpeer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// repair makes the checksums of b right as far as it has some, or no random
// bytes would ever be looked at any further.
func repair(b []byte) {
	if len(b) < header4 {
		return
	}
	var segment []byte
	var src, dst netip.Addr
	switch n := int(b[0]&0xf) * 4; {
	case b[0]>>4 == 4 && n >= header4 && n <= len(b):
		b[10], b[11] = 0, 0
		binary.BigEndian.PutUint16(b[10:], ^sum(0).add(b[:n]).fold())
		segment = b[n:min(max(n, int(binary.BigEndian.Uint16(b[2:]))), len(b))]
		src, dst = netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:]))
	case b[0]>>4 == 6 && len(b) >= header6:
		segment = b[header6:min(header6+int(binary.BigEndian.Uint16(b[4:])), len(b))]
		src, dst = netip.AddrFrom16([16]byte(b[8:])), netip.AddrFrom16([16]byte(b[24:]))
	}
	if len(segment) >= headerTCP {
		segment[16], segment[17] = 0, 0
		binary.BigEndian.PutUint16(segment[16:], ^pseudo(src, dst, len(segment)).add(segment).fold())
	}
}

// FuzzDecode looks for bytes that make Decode panic, or that mean something
// else once they are encoded again.
func FuzzDecode(f *testing.F) {
	f.Add(sample(f, "10.0.0.1:1", "10.0.0.2:2"), false)
	f.Add(sample(f, "[fd00::1]:1", "[fd00::2]:2"), true)
	f.Fuzz(func(t *testing.T, b []byte, repaired bool) {
		if b = bytes.Clone(b); repaired {
			repair(b)
		}
		p, err := Decode(b)
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrNotTCP) {
				t.Fatalf("an error of its own: %v", err)
			}
			return
		}
		again, err := Encode(nil, p)
		if errors.Is(err, ErrTooLong) {
			return // its options are laid out with more padding now
		}
		back, err := Decode(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, back, samePacket); diff != "" {
			t.Fatal(diff)
		}
	})
}
