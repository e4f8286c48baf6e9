package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// drain takes all packets that the kernel holds. c.mu is held.
func (c *Capture) drain(fd int) {
	for {
		n, oobn, _, from, err := unix.Recvmsg(fd, c.space[:], c.control[:], 0)
		switch {
		case errors.Is(err, unix.EAGAIN):
			return
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.ENETDOWN): // an interface went down; others go on
			continue
		case err != nil:
			c.err = fmt.Errorf("capture on %s: receive: %w", c.host, err)
			return
		}
		link, ok := from.(*unix.SockaddrLinklayer)
		if !ok || link.Hatype == unix.ARPHRD_LOOPBACK && link.Pkttype != unix.PACKET_OUTGOING {
			continue
		}
		if len(c.result.Packets) >= c.most {
			c.result.More++
			continue
		}
		c.keep(fd, c.space[:n], c.control[:oobn], link)
	}
}

func (c *Capture) keep(fd int, raw, control []byte, link *unix.SockaddrLinklayer) {
	p := Packet{
		Host: c.host, Interface: c.name(fd, link.Ifindex),
		Outgoing: link.Pkttype == unix.PACKET_OUTGOING,
		Raw:      append([]byte(nil), raw...),
	}
	p.Time, p.Length = said(control, len(raw))
	var err error
	if p.Header, err = Decode(p.Raw, p.Length); err != nil {
		c.result.Broken++
		return
	}
	c.result.Packets = append(c.result.Packets, p)
}

// said returns what the kernel says of a packet beside its bytes.
func said(control []byte, length int) (time.Time, int) {
	when := time.Now()
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return when, length
	}
	for _, m := range messages {
		switch {
		case m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_TIMESTAMPNS_NEW && len(m.Data) >= 16:
			s, ns := binary.NativeEndian.Uint64(m.Data), binary.NativeEndian.Uint64(m.Data[8:])
			when = time.Unix(int64(s), int64(ns))
		case m.Header.Level == unix.SOL_PACKET && m.Header.Type == unix.PACKET_AUXDATA && len(m.Data) >= 8:
			length = int(binary.NativeEndian.Uint32(m.Data[4:])) // tp_len of struct tpacket_auxdata: before the cut
		}
	}
	return when, length
}

// name asks the kernel once for the name of an interface. One that is gone by
// then is named by its number.
func (c *Capture) name(fd, index int) string {
	if name, ok := c.names[index]; ok {
		return name
	}
	name := fmt.Sprintf("interface %d", index)
	if request, err := unix.NewIfreq(""); err == nil {
		request.SetUint32(uint32(index))
		if unix.IoctlIfreq(fd, unix.SIOCGIFNAME, request) == nil {
			name = request.Name()
		}
	}
	c.names[index] = name
	return name
}
