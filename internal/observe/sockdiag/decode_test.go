package sockdiag

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
)

// message is a netlink message with the sequence number 1.
func message(kind uint16, payload []byte) []byte {
	m := appendHeader(nil, kind, 1)
	binary.NativeEndian.PutUint32(m, uint32(headerSize+len(payload)))
	binary.NativeEndian.PutUint16(m[6:], 2)
	return append(m, payload...)
}

// timeWaits is a datagram of n rows in TIME_WAIT as a kernel sends them to
// root: 96 bytes each, the mark included.
func timeWaits(n int) []byte {
	payload := make([]byte, rowSize+8)
	payload[0], payload[1], payload[2] = familyInet, 6, 3
	binary.BigEndian.PutUint16(payload[6:], 443)
	copy(payload[8:], []byte{10, 0, 0, 1})
	copy(payload[24:], []byte{10, 0, 0, 9})
	payload[rowSize], payload[rowSize+2] = 8, 15
	var data []byte
	for i := range n {
		binary.BigEndian.PutUint16(payload[4:], uint16(32768+i))
		binary.NativeEndian.PutUint32(payload[52:], uint32(i))
		data = append(data, message(msgByFamily, payload)...)
	}
	return data
}

func TestDecodeAllocatesNothing(t *testing.T) {
	data := timeWaits(300)
	into := new(row)
	var sum uint64
	each := func(s *evidence.Socket) error { sum += uint64(s.SrcPort); return nil }
	if n := testing.AllocsPerRun(100, func() {
		if b, err := decode(data, 1, into, each); err != nil || b.rows != 300 {
			t.Fatal(b, err)
		}
	}); n != 0 {
		t.Errorf("%g allocations for 300 rows", n)
	}
}

func TestDecodeRefusesWhatIsNoDump(t *testing.T) {
	ne := binary.NativeEndian
	edited := func(at int, value byte) []byte {
		m := timeWaits(1)
		m[at] = value
		return m
	}
	full := edited(headerSize+2, 0) // no mini-socket: attributes are read
	badAttr := append([]byte(nil), full...)
	ne.PutUint16(badAttr[headerSize+rowSize:], 9)
	shortAttr := append([]byte(nil), full...)
	ne.PutUint16(shortAttr[headerSize+rowSize:], 3)
	for name, data := range map[string][]byte{
		"length below a header":   edited(0, 15),
		"length past the end":     edited(0, 97),
		"another sequence":        edited(8, 2),
		"family 3":                edited(headerSize, 3),
		"state 0":                 edited(headerSize+1, 0),
		"state 14":                edited(headerSize+1, 14),
		"a short row":             message(msgByFamily, make([]byte, rowSize-1)),
		"attribute past the end":  badAttr,
		"attribute of 3 bytes":    shortAttr,
		"a short error":           message(msgError, make([]byte, 8)),
		"an acknowledgement":      message(msgError, make([]byte, 20)),
		"a type of no meaning":    message(99, nil),
		"a positive error number": message(msgDone, []byte{1, 0, 0, 1}),
	} {
		_, err := decode(data, 1, new(row), discard)
		var typed *Error
		if !errors.As(err, &typed) || typed.Errno != 0 || typed.Words == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDecodePassesOverControlMessagesAndTrailingPadding(t *testing.T) {
	data := append(message(1, nil), timeWaits(2)...)
	data = append(data, message(msgDone, []byte{0, 0, 0, 0, 0})...) // a last message without its padding
	b, err := decode(data, 1, new(row), discard)
	if err != nil || b != (batch{rows: 2, done: true}) {
		t.Errorf("%+v, %v", b, err)
	}
}

func TestAShorterTCPInfoOfAnotherKernelIsNotReadPastItsEnd(t *testing.T) {
	m := make([]byte, rowSize)
	m[0], m[1] = familyInet, 8
	for size, want := range map[int]bool{infoLastAck: false, infoLastAck + 4: true, 300: true} {
		attr := make([]byte, attrSize+size)
		binary.NativeEndian.PutUint16(attr, uint16(len(attr)))
		attr[2] = extInfo
		into := new(row)
		if _, err := decode(message(msgByFamily, append(m[:rowSize:rowSize], attr...)), 1, into, discard); err != nil {
			t.Fatal(err)
		}
		if got := into.socket.Info != nil; got != want {
			t.Errorf("tcp_info of %d bytes: Info is there: %t", size, got)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	const rows = 340 // as many as the kernel's 32 KiB hold
	data := timeWaits(rows)
	into := new(row)
	var sum uint64
	each := func(s *evidence.Socket) error { sum += uint64(s.Expires); return nil }
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := decode(data, 1, into, each); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}
