package rawpeer

import (
	"errors"

	"github.com/linger-dev/linger/internal/tcp"
)

// Packet is a TCP segment with its addresses: Src is its sender's.
type Packet struct {
	Tuple   tcp.FourTuple
	Segment tcp.Segment
}

// Protocol numbers and lengths of headers in bytes (RFC 791, 8200, 9293).
const (
	protocolTCP = 6
	header4     = 20
	header6     = 40
	headerTCP   = 20
	maxPacket   = 65535
)

// Kinds of TCP options (RFC 9293 section 3.1, RFC 7323).
const (
	optionEnd       = 0
	optionNop       = 1
	optionMSS       = 2
	optionScale     = 3
	optionTimestamp = 8
)

// Decode and Encode fail with these, wrapped.
var (
	// ErrNotTCP is returned for a packet that is whole, as far as one looked,
	// but carries no TCP.
	ErrNotTCP = errors.New("no TCP packet")
	// ErrMalformed is returned for bytes that a receiver drops silently: a bad
	// length, version or checksum, or a fragment.
	ErrMalformed = errors.New("malformed packet")
	// ErrTooLong is returned for a segment that no IP packet can carry.
	ErrTooLong = errors.New("segment too long")
)
