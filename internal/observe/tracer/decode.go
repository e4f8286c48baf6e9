package tracer

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"
)

// Sizes of struct process and struct record in shapes.h.
const (
	processSize = 48
	recordSize  = 7*8 + 2*processSize + 2*16 + 4 + 2*2 + 8
)

// cursor walks over bytes that are known to be enough.
type cursor struct{ rest []byte }

func (c *cursor) take(n int) []byte {
	b := c.rest[:n]
	c.rest = c.rest[n:]
	return b
}

func (c *cursor) u64() uint64             { return binary.NativeEndian.Uint64(c.take(8)) }
func (c *cursor) u32() uint32             { return binary.NativeEndian.Uint32(c.take(4)) }
func (c *cursor) since() time.Duration    { return time.Duration(c.u64()) }
func (c *cursor) port() uint16            { return binary.BigEndian.Uint16(c.take(2)) }
func (c *cursor) addr() netip.Addr        { return addrOf([16]byte(c.take(16))) }
func addrOf(b [16]byte) netip.Addr        { return netip.AddrFrom16(b).Unmap() }
func upTo[T ~uint8](v uint8, last T) bool { return v <= uint8(last) }

func (c *cursor) process() Process {
	p := Process{Start: c.since(), Cgroup: c.u64(), PID: int(c.u32()), Parent: int(c.u32()), UID: c.u32()}
	p.Name = nameOf(c.take(16))
	c.take(4)
	return p
}

func nameOf(b []byte) string {
	if end := bytes.IndexByte(b, 0); end >= 0 {
		b = b[:end]
	}
	return string(b)
}

// decode reads one struct record of the ring.
func decode(raw []byte) (Record, error) {
	if len(raw) != recordSize {
		return Record{}, fmt.Errorf("decode record: %d bytes, want %d", len(raw), recordSize)
	}
	c := cursor{raw}
	r := Record{Cookie: c.u64(), Namespace: c.u64()}
	r.Born, r.Shut, r.Ended = c.since(), c.since(), c.since()
	r.Sent, r.Received = c.u64(), c.u64()
	r.Opener, r.Closer = c.process(), c.process()
	src, dst := c.addr(), c.addr()
	r.Inode = c.u32()
	r.Src, r.Dst = netip.AddrPortFrom(src, c.port()), netip.AddrPortFrom(dst, c.port())
	b := c.take(8)
	ok := b[0] >= uint8(Closed) && upTo(b[0], Failed) && upTo(b[1], Accepted) && upTo(b[2], TimedOut) &&
		upTo(b[3], ByDestroy) && upTo(b[5], EndDropped) && upTo(b[7], Listen)
	if !ok {
		return Record{}, fmt.Errorf("decode record: unknown value among % x", b)
	}
	r.Event, r.Origin, r.First, r.How = Event(b[0]), Origin(b[1]), First(b[2]), How(b[3])
	r.Signal, r.End, r.Estimated, r.Failure = int(b[4]), End(b[5]), b[6] != 0, Call(b[7])
	return r, nil
}
