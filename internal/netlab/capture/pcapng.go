package capture

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// The pieces of a pcapng file that WritePcapng needs
// (draft-ietf-opsawg-pcapng sections 3 and 4).
const (
	blockSection   = 0x0a0d0d0a
	blockInterface = 1
	blockPacket    = 6 // enhanced

	optionEnd     = 0
	optionComment = 1
	optionProgram = 4 // of a section: shb_userappl
	optionName    = 2 // of an interface
	optionTick    = 9 // of an interface: if_tsresol
	optionFlags   = 2 // of a packet: its direction

	linkTypeRaw = 101 // begins with an IP header of either version

	// maxComment keeps a comment within the 16-bit length of an option.
	maxComment = 1 << 12
)

// WritePcapng writes packets as a pcapng file of link type RAW: every packet
// begins with its IP header, so that all kinds of interfaces fit. comment
// gives the text shown with packets[i], or "" for none; it may be nil. Times
// are kept to the nanosecond. Each host's interface is named "host interface".
func WritePcapng(w io.Writer, packets []Packet, comment func(i int) string) error {
	out := bufio.NewWriter(w)
	p := &pcapng{w: out, interfaces: map[string]uint32{}}
	p.section()
	for i, packet := range packets {
		text := ""
		if comment != nil {
			text = comment(i)
		}
		p.packet(packet, text)
	}
	if err := out.Flush(); err != nil { // a bufio.Writer keeps its first error
		return fmt.Errorf("write pcapng: %w", err)
	}
	return nil
}

type pcapng struct {
	w          *bufio.Writer
	interfaces map[string]uint32 // their numbers in the file, by name
	body       []byte            // of the block in the making
}

func (p *pcapng) section() {
	p.u32(0x1a2b3c4d) // tells readers the byte order
	p.u16(1)          // version 1.0
	p.u16(0)
	p.u32(0xffffffff) // the section's length is not told
	p.u32(0xffffffff)
	p.option(optionProgram, []byte("linger"))
	p.end(blockSection)
}

// number returns the number of an interface, and first writes its block where
// the file has none.
func (p *pcapng) number(name string) uint32 {
	n, ok := p.interfaces[name]
	if ok {
		return n
	}
	n = uint32(len(p.interfaces))
	p.interfaces[name] = n
	p.u16(linkTypeRaw)
	p.u16(0)
	p.u32(0) // no limit
	p.option(optionName, []byte(clip(name)))
	p.option(optionTick, []byte{9}) // 10^-9 s
	p.end(blockInterface)
	return n
}

func (p *pcapng) packet(packet Packet, comment string) {
	n := p.number(strings.TrimSpace(packet.Host + " " + packet.Interface))
	nanoseconds := uint64(packet.Time.UnixNano())
	p.u32(n)
	p.u32(uint32(nanoseconds >> 32))
	p.u32(uint32(nanoseconds))
	p.u32(uint32(len(packet.Raw)))
	p.u32(uint32(max(packet.Length, len(packet.Raw))))
	p.padded(packet.Raw)
	if comment != "" {
		p.option(optionComment, []byte(clip(comment)))
	}
	direction := byte(1)
	if packet.Outgoing {
		direction = 2
	}
	p.option(optionFlags, []byte{direction, 0, 0, 0})
	p.end(blockPacket)
}

// clip makes a text from a stranger valid and short enough.
func clip(s string) string {
	if len(s) > maxComment {
		s = s[:maxComment]
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

func (p *pcapng) u16(v uint16) { p.body = binary.LittleEndian.AppendUint16(p.body, v) }
func (p *pcapng) u32(v uint32) { p.body = binary.LittleEndian.AppendUint32(p.body, v) }

// padded adds b and fills up to a multiple of four bytes.
func (p *pcapng) padded(b []byte) {
	p.body = append(p.body, b...)
	for len(p.body)%4 != 0 {
		p.body = append(p.body, 0)
	}
}

func (p *pcapng) option(code uint16, value []byte) {
	p.u16(code)
	p.u16(uint16(len(value)))
	p.padded(value)
}

// end writes the block, which has its length on both sides.
func (p *pcapng) end(kind uint32) {
	p.option(optionEnd, nil)
	var frame [8]byte
	binary.LittleEndian.PutUint32(frame[:], kind)
	binary.LittleEndian.PutUint32(frame[4:], uint32(len(p.body)+12))
	_, _ = p.w.Write(frame[:])
	_, _ = p.w.Write(p.body)
	_, _ = p.w.Write(frame[4:])
	p.body = p.body[:0]
}
