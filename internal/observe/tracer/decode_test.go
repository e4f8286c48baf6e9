package tracer

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// rawRecord writes a record as the kernel does; it is the decoder's authority
// where no kernel can be asked.
func rawRecord() ([]byte, Record) {
	want := Record{
		Event: Closed, Cookie: 7, Namespace: 8, Inode: 9,
		Src: netip.MustParseAddrPort("10.0.0.1:80"), Dst: netip.MustParseAddrPort("[2001:db8::2]:4660"),
		Life: Life{
			Opener: Process{PID: 11, Start: 12 * time.Second, Name: "fifteen-letters", Parent: 13, UID: 14, Cgroup: 15},
			Closer: Process{PID: 21, Start: 22 * time.Second, Name: "x", Parent: 23, UID: 24, Cgroup: 25},
			Course: Course{
				Origin: Accepted, First: Both, How: BySignal, Signal: 9, End: EndFinWait2, Estimated: true,
				Born: 31, Shut: 32, Ended: 33, Sent: 34, Received: 35,
			},
		},
	}
	ne, src, dst := binary.NativeEndian, want.Src.Addr().As16(), want.Dst.Addr().As16()
	var raw []byte
	for _, v := range []uint64{7, 8, 31, 32, 33, 34, 35} {
		raw = ne.AppendUint64(raw, v)
	}
	for _, p := range []Process{want.Opener, want.Closer} {
		raw = ne.AppendUint64(ne.AppendUint64(raw, uint64(p.Start)), p.Cgroup)
		raw = ne.AppendUint32(ne.AppendUint32(ne.AppendUint32(raw, uint32(p.PID)), uint32(p.Parent)), p.UID)
		name := [16]byte{}
		copy(name[:], p.Name)
		raw = append(append(raw, name[:]...), 0, 0, 0, 0)
	}
	raw = append(append(raw, src[:]...), dst[:]...)
	raw = ne.AppendUint32(raw, want.Inode)
	raw = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(raw, 80), 4660)
	return append(raw, 1, 2, 3, 4, 9, 2, 1, 0), want
}

func TestARecordIsDecodedFieldByField(t *testing.T) {
	raw, want := rawRecord()
	got, err := decode(raw)
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.AddrPort{})); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestDamagedRecordsAreErrors(t *testing.T) {
	raw, _ := rawRecord()
	if _, err := decode(raw[1:]); err == nil {
		t.Error("a short record was taken")
	}
	if _, err := decode(append(raw, 0)); err == nil {
		t.Error("a long record was taken")
	}
	for _, at := range []int{0, 1, 2, 3, 5, 7} {
		bad := append([]byte(nil), raw...)
		bad[len(bad)-8+at] = 200
		if r, err := decode(bad); err == nil {
			t.Errorf("byte %d of the kinds: taken as %+v", at, r)
		}
	}
}

func FuzzDecode(f *testing.F) {
	raw, _ := rawRecord()
	f.Add(raw)
	f.Add(raw[:len(raw)-1])
	f.Add(make([]byte, recordSize))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := decode(raw)
		if err != nil {
			return
		}
		if len(raw) != recordSize || !r.Src.Addr().IsValid() || !r.Dst.Addr().IsValid() || len(r.Opener.Name) > 16 {
			t.Errorf("%+v", r)
		}
		for _, word := range []string{r.Event.String(), r.Origin.String(), r.First.String(), r.How.String(), r.End.String()} {
			if word == "" || len(word) > len("reset received") {
				t.Errorf("no word, or none of ours: %q in %+v", word, r)
			}
		}
	})
}
