package rawpeer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/tcp"
)

// samePacket compares packets by what they mean.
var samePacket = cmp.Options{cmpopts.EquateEmpty(), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })}

func drawPacket(t *rapid.T) Packet {
	addr := func(label string, v6 bool) netip.Addr {
		n := 4
		if v6 {
			n = 16
		}
		a, _ := netip.AddrFromSlice(rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, label))
		return a
	}
	v6 := rapid.Bool().Draw(t, "IPv6")
	s := tcp.Segment{
		Flags: tcp.Flags(rapid.Byte().Draw(t, "flags")), Window: rapid.Uint16().Draw(t, "window"),
		Seq: tcp.Seq(rapid.Uint32().Draw(t, "seq")), Ack: tcp.Seq(rapid.Uint32().Draw(t, "ack")),
		Data: rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "data"),
	}
	s.Options.MSS = rapid.SampledFrom([]uint16{0, 1, 536, 1460, 65535}).Draw(t, "MSS")
	if s.Options.HasScale = rapid.Bool().Draw(t, "scale"); s.Options.HasScale {
		s.Options.WindowScale = rapid.Uint8().Draw(t, "shift")
	}
	if s.Options.HasTimestamps = rapid.Bool().Draw(t, "timestamps"); s.Options.HasTimestamps {
		s.Options.TSVal, s.Options.TSEcr = rapid.Uint32().Draw(t, "TSVal"), rapid.Uint32().Draw(t, "TSEcr")
	}
	return Packet{
		Tuple: tcp.FourTuple{
			Src: netip.AddrPortFrom(addr("source", v6), rapid.Uint16().Draw(t, "source port")),
			Dst: netip.AddrPortFrom(addr("destination", v6), rapid.Uint16().Draw(t, "port")),
		},
		Segment: s,
	}
}

func TestPacketsDecodeToWhatWasEncoded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawPacket(t)
		before := rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "what stands before")
		b, err := Encode(before, want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(b[len(before):])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, samePacket); diff != "" {
			t.Fatal(diff)
		}
	})
}

// ipHeader is what both versions of IP have in gopacket.
type ipHeader interface {
	gopacket.SerializableLayer
	gopacket.NetworkLayer
}

func withGopacket(t *rapid.T, p Packet) []byte {
	s := p.Segment
	h := &layers.TCP{
		SrcPort: layers.TCPPort(p.Tuple.Src.Port()), DstPort: layers.TCPPort(p.Tuple.Dst.Port()),
		Seq: uint32(s.Seq), Ack: uint32(s.Ack), Window: s.Window,
		FIN: s.Flags.Has(tcp.FIN), SYN: s.Flags.Has(tcp.SYN), RST: s.Flags.Has(tcp.RST), PSH: s.Flags.Has(tcp.PSH),
		ACK: s.Flags.Has(tcp.ACK), URG: s.Flags.Has(tcp.URG), ECE: s.Flags.Has(tcp.ECE), CWR: s.Flags.Has(tcp.CWR),
	}
	add := func(kind layers.TCPOptionKind, data []byte) {
		h.Options = append(h.Options, layers.TCPOption{OptionType: kind, OptionLength: uint8(len(data) + 2), OptionData: data})
	}
	if s.Options.HasTimestamps {
		add(layers.TCPOptionKindTimestamps, binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, s.Options.TSVal), s.Options.TSEcr))
	}
	add(layers.TCPOptionKindSACKPermitted, nil) // to be skipped
	if s.Options.HasScale {
		add(layers.TCPOptionKindWindowScale, []byte{s.Options.WindowScale})
	}
	if s.Options.MSS != 0 {
		add(layers.TCPOptionKindMSS, binary.BigEndian.AppendUint16(nil, s.Options.MSS))
	}
	var ip ipHeader = &layers.IPv6{
		Version: 6, NextHeader: layers.IPProtocolTCP, HopLimit: 1,
		SrcIP: net.IP(p.Tuple.Src.Addr().AsSlice()), DstIP: net.IP(p.Tuple.Dst.Addr().AsSlice()),
	}
	if p.Tuple.Src.Addr().Is4() {
		ip = &layers.IPv4{
			Version: 4, Protocol: layers.IPProtocolTCP, TTL: 1,
			SrcIP: net.IP(p.Tuple.Src.Addr().AsSlice()), DstIP: net.IP(p.Tuple.Dst.Addr().AsSlice()),
		}
	}
	if err := h.SetNetworkLayerForChecksum(ip); err != nil {
		t.Fatal(err)
	}
	out := gopacket.NewSerializeBuffer()
	how := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(out, how, ip, h, gopacket.Payload(s.Data)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestDecodingAgreesWithGopacket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawPacket(t)
		got, err := Decode(withGopacket(t, want))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, samePacket); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestGopacketAgreesWithEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawPacket(t)
		b, err := Encode(nil, want)
		if err != nil {
			t.Fatal(err)
		}
		p := gopacket.NewPacket(b, layers.LinkTypeRaw, gopacket.Default)
		if p.ErrorLayer() != nil {
			t.Fatal(p.ErrorLayer().Error())
		}
		h, ok := p.TransportLayer().(*layers.TCP)
		if !ok {
			t.Fatal("no TCP")
		}
		if err := h.SetNetworkLayerForChecksum(p.NetworkLayer()); err != nil {
			t.Fatal(err)
		}
		if err, bad := p.VerifyChecksums(); err != nil || len(bad) > 0 {
			t.Fatalf("checksums: %v, %v", bad, err)
		}
		if h.Seq != uint32(want.Segment.Seq) || h.Ack != uint32(want.Segment.Ack) || h.Window != want.Segment.Window {
			t.Fatalf("numbers are %d, %d, %d", h.Seq, h.Ack, h.Window)
		}
		if !bytes.Equal(h.Payload, want.Segment.Data) {
			t.Fatalf("data is %x", h.Payload)
		}
	})
}

func sample(t testing.TB, src, dst string) []byte {
	t.Helper()
	b, err := Encode(nil, Packet{
		Tuple:   tcp.FourTuple{Src: netip.MustParseAddrPort(src), Dst: netip.MustParseAddrPort(dst)},
		Segment: tcp.Segment{Flags: tcp.ACK, Seq: 1, Ack: 2, Options: tcp.Options{HasTimestamps: true, TSVal: 3, TSEcr: 4}, Data: []byte("data")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryBrokenByteIsNoticed(t *testing.T) {
	for _, whole := range [][]byte{sample(t, "10.0.0.1:1", "10.0.0.2:2"), sample(t, "[fd00::1]:1", "[fd00::2]:2")} {
		for i := range whole {
			if whole[0]>>4 == 6 && (i < 4 && i != 0 || i == 7) {
				continue // nothing protects traffic class, flow label and hop limit
			}
			for bit := range 8 {
				b := bytes.Clone(whole)
				b[i] ^= 1 << bit
				if p, err := Decode(b); err == nil && !(whole[0]>>4 == 6 && i == 0 && bit < 4) {
					t.Errorf("bit %d of byte %d: got %+v", bit, i, p)
				}
			}
		}
		for n := range whole {
			if _, err := Decode(whole[:n]); !errors.Is(err, ErrMalformed) {
				t.Errorf("the first %d bytes: %v", n, err)
			}
		}
	}
}

func TestOtherProtocolsAreNotTCP(t *testing.T) {
	for i, b := range [][]byte{sample(t, "10.0.0.1:1", "10.0.0.2:2"), sample(t, "[fd00::1]:1", "[fd00::2]:2")} {
		if i == 0 {
			b[9] = 17
			b[10], b[11] = 0, 0
			binary.BigEndian.PutUint16(b[10:], ^sum(0).add(b[:header4]).fold())
		} else {
			b[6] = 58
		}
		if _, err := Decode(b); !errors.Is(err, ErrNotTCP) {
			t.Errorf("got %v", err)
		}
	}
}

func TestSegmentsThatFitNoPacketAreRefused(t *testing.T) {
	for _, src := range []string{"10.0.0.1:1", "[fd00::1]:1"} {
		at := netip.MustParseAddrPort(src)
		p := Packet{Tuple: tcp.FourTuple{Src: at, Dst: at}, Segment: tcp.Segment{Data: make([]byte, 65535)}}
		if _, err := Encode(nil, p); !errors.Is(err, ErrTooLong) {
			t.Errorf("%s: %v", src, err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	full, err := Encode(nil, Packet{
		Tuple:   tcp.FourTuple{Src: netip.MustParseAddrPort("10.0.0.1:1"), Dst: netip.MustParseAddrPort("10.0.0.2:2")},
		Segment: tcp.Segment{Flags: tcp.ACK, Data: make([]byte, 1460)},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(full)))
	for b.Loop() {
		if _, err := Decode(full); err != nil {
			b.Fatal(err)
		}
	}
}
