package tcp

// Segment is a TCP segment without its addresses and ports. It is a plain
// value, but for Data, whose bytes must never be changed.
type Segment struct {
	Flags   Flags
	Seq     Seq
	Ack     Seq    // meaningful only with the flag ACK
	Window  uint16 // as on the wire: before scaling
	Options Options
	Data    []byte
}

// Options are the options of a segment that the machine speaks. A zero value
// is a segment without options.
type Options struct {
	MSS           uint16 // RFC 9293 section 3.7.1; 0: absent
	WindowScale   uint8  // the shift count of RFC 7323 section 2; only with HasScale
	HasScale      bool
	HasTimestamps bool // RFC 7323 section 3
	TSVal, TSEcr  uint32
}

// Len returns the segment's length in sequence space: its data, and one each
// for SYN and FIN (RFC 9293 section 3.4, SEG.LEN).
func (s Segment) Len() uint32 {
	n := uint32(len(s.Data))
	if s.Flags.Has(SYN) {
		n++
	}
	if s.Flags.Has(FIN) {
		n++
	}
	return n
}
