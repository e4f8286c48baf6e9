package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/linger-dev/linger/internal/tcp"
)

// segment builds a packet with another implementation's encoder.
func segment(t testing.TB, v6 bool, data int) []byte {
	t.Helper()
	h := &layers.TCP{
		SrcPort: 40000, DstPort: 443, Seq: 4294967290, Ack: 7, FIN: true, ACK: true, ECE: true, Window: 512,
		Options: []layers.TCPOption{
			{OptionType: layers.TCPOptionKindMSS, OptionLength: 4, OptionData: []byte{5, 180}},
			{OptionType: layers.TCPOptionKindSACKPermitted, OptionLength: 2},
			{OptionType: layers.TCPOptionKindTimestamps, OptionLength: 10, OptionData: []byte{0, 0, 0, 1, 0, 0, 0, 2}},
			{OptionType: layers.TCPOptionKindNop},
			{OptionType: layers.TCPOptionKindWindowScale, OptionLength: 3, OptionData: []byte{7}},
		},
	}
	var ip gopacket.SerializableLayer = &layers.IPv4{
		Version: 4, TTL: 64, Protocol: layers.IPProtocolTCP, SrcIP: []byte{10, 0, 0, 1}, DstIP: []byte{10, 0, 0, 2},
	}
	if v6 {
		ip = &layers.IPv6{
			Version: 6, NextHeader: layers.IPProtocolTCP, HopLimit: 64,
			SrcIP: netip.MustParseAddr("fd00::1").AsSlice(), DstIP: netip.MustParseAddr("fd00::2").AsSlice(),
		}
	}
	buffer := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(buffer, gopacket.SerializeOptions{FixLengths: true}, ip, h, gopacket.Payload(make([]byte, data)))
	if err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func TestDecodeReadsWhatAnotherEncoderWrote(t *testing.T) {
	for _, v6 := range []bool{false, true} {
		src, dst := "10.0.0.1:40000", "10.0.0.2:443"
		if v6 {
			src, dst = "[fd00::1]:40000", "[fd00::2]:443"
		}
		raw := segment(t, v6, 1000)
		want := Header{
			Tuple: tcp.FourTuple{Src: netip.MustParseAddrPort(src), Dst: netip.MustParseAddrPort(dst)},
			Segment: tcp.Segment{
				Flags: tcp.FIN | tcp.ACK | tcp.ECE, Seq: 4294967290, Ack: 7, Window: 512,
				Options: tcp.Options{MSS: 1460, WindowScale: 7, HasScale: true, HasTimestamps: true, TSVal: 1, TSEcr: 2},
			},
			DataLen: 1000,
		}
		got, err := Decode(raw[:SnapLen], len(raw))
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.AddrPort{})); diff != "" || err != nil {
			t.Errorf("IPv6 %v: %v\n%s", v6, err, diff)
		}
	}
}

func TestDecodeTakesTheLengthFromOutsideWhereTheHeaderHasNone(t *testing.T) {
	for _, v6 := range []bool{false, true} {
		raw := segment(t, v6, 1000)
		if v6 {
			binary.BigEndian.PutUint16(raw[4:], 0)
		} else {
			binary.BigEndian.PutUint16(raw[2:], 0)
		}
		h, err := Decode(raw[:SnapLen], len(raw)+100_000)
		if err != nil || h.DataLen != 101_000 {
			t.Errorf("IPv6 %v: %d bytes, %v", v6, h.DataLen, err)
		}
	}
}

func TestDecodeRefusesWhatIsNoWholeHeader(t *testing.T) {
	v4 := segment(t, false, 4)
	headers := len(v4) - 4
	for n := range headers {
		if _, err := Decode(v4[:n], len(v4)); err == nil {
			t.Errorf("%d bytes of headers were enough", n)
		}
	}
	if _, err := Decode(v4[:headers], len(v4)); err != nil {
		t.Errorf("whole headers: %v", err)
	}
	for what, change := range map[string]struct {
		at    int
		value byte
		want  error
	}{
		"version 5":         {0, 0x55, errNotTCP},
		"UDP":               {9, 17, errNotTCP},
		"later fragment":    {7, 1, errFragment},
		"short IP header":   {0, 0x44, errLength},
		"short TCP header":  {32, 0x40, errLength},
		"long TCP header":   {32, 0xf0, errLength},
		"less than headers": {3, 30, errLength},
	} {
		broken := bytes.Clone(v4)
		broken[change.at] = change.value
		if _, err := Decode(broken, len(broken)); !errors.Is(err, change.want) {
			t.Errorf("%s: %v, want %v", what, err, change.want)
		}
	}
}

func FuzzDecodeAgreesWithAnotherDecoder(f *testing.F) {
	f.Add(segment(f, false, 10))
	f.Add(segment(f, true, 10))
	f.Fuzz(func(t *testing.T, raw []byte) {
		h, err := Decode(raw, len(raw))
		if err != nil {
			return
		}
		first := layers.LayerTypeIPv4
		if raw[0]>>4 == 6 {
			first = layers.LayerTypeIPv6
		}
		p := gopacket.NewPacket(raw, first, gopacket.Default)
		other, ok := p.Layer(layers.LayerTypeTCP).(*layers.TCP)
		if !ok {
			return // the other decoder is stricter about options and cut packets
		}
		s := h.Segment
		if uint32(s.Seq) != other.Seq || uint32(s.Ack) != other.Ack || s.Window != other.Window ||
			h.Tuple.Src.Port() != uint16(other.SrcPort) || h.Tuple.Dst.Port() != uint16(other.DstPort) {
			t.Errorf("%+v, but another decoder says %+v", h, other)
		}
	})
}

func TestPcapngNamesEachInterfaceOnceAndClipsComments(t *testing.T) {
	raw := segment(t, false, 0)
	packets := []Packet{
		{Time: time.Unix(1, 2), Host: "a", Interface: "eth0", Raw: raw, Length: len(raw)},
		{Time: time.Unix(1, 3), Host: "b", Interface: "eth0", Raw: raw, Length: len(raw)},
		{Time: time.Unix(1, 4), Host: "a", Interface: "eth0", Raw: raw, Length: len(raw)},
	}
	var file bytes.Buffer
	long := string(bytes.Repeat([]byte("x"), 100_000)) + "end"
	if err := WritePcapng(&file, packets, func(int) string { return "\xff" + long }); err != nil {
		t.Fatal(err)
	}
	got := map[uint32]int{}
	for b := file.Bytes(); len(b) > 0; {
		kind, size := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
		if size%4 != 0 || int(size) > len(b) || binary.LittleEndian.Uint32(b[size-4:]) != size {
			t.Fatalf("block of type %#x has length %d of %d left", kind, size, len(b))
		}
		got[kind]++
		b = b[size:]
	}
	want := map[uint32]int{blockSection: 1, blockInterface: 2, blockPacket: 3}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if file.Len() > 3*(maxComment+1000) || bytes.Contains(file.Bytes(), []byte{0xff, 'x'}) {
		t.Errorf("a comment was not clipped or made valid: %d bytes", file.Len())
	}
}
