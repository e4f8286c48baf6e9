package tcp_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// FuzzSegments lets any segments come to a connection in any state: the machine
// must not panic, nor leave the eleven states. Every 20 bytes are a segment,
// with numbers relative to what the machine expects, and some time before it.
func FuzzSegments(f *testing.F) {
	seg := func(flags tcp.Flags, seq, ack int16, n uint16) []byte {
		b := make([]byte, 20)
		b[0] = byte(flags)
		binary.BigEndian.PutUint16(b[2:], uint16(seq))
		binary.BigEndian.PutUint16(b[4:], uint16(ack))
		binary.BigEndian.PutUint16(b[6:], 65535)
		binary.BigEndian.PutUint16(b[8:], n)
		return b
	}
	for state := range uint8(11) {
		for options := range uint8(4) {
			f.Add(state, options, seg(tcp.SYN, 0, 0, 0))
			f.Add(state, options, append(seg(tcp.ACK, 0, 1, 100), seg(tcp.FIN|tcp.ACK, 0, 0, 0)...))
			f.Add(state, options, append(seg(tcp.ACK, 200, 0, 100), seg(tcp.ACK, 0, 0, 300)...))
			f.Add(state, options, append(seg(tcp.RST, 0, 0, 0), seg(tcp.SYN, 10, 0, 5)...))
			f.Add(state, options, seg(tcp.SYN|tcp.ACK, -1, 1, 0))
		}
	}
	f.Fuzz(func(t *testing.T, state, options uint8, b []byte) {
		states := append(synchronized(), tcp.Close, tcp.Listen, tcp.SynSent, tcp.SynRecv)
		p := tcp.Params{TimeWait: time.Minute, Linux: options&1 != 0, RFC1337: options&4 != 0, FinTimeout: time.Minute}
		if options&8 != 0 {
			p.Window = 1 << 20
		}
		if options&16 != 0 {
			p.Window = 10
		}
		s := in(t, p, states[int(state)%len(states)])
		s.p.Timestamps = options&2 != 0
		for ; len(b) >= 20; b = b[20:] {
			s.later(time.Duration(b[1]) * 100 * time.Millisecond)
			if timer, at, ok := s.c.Next(); ok && at <= s.now {
				s.do(tcp.Event{Kind: tcp.Expire, Timer: timer})
				valid(t, s.c, s.out)
			}
			s.do(tcp.Event{Kind: tcp.Arrive, Segment: decode(s.c, b[:20])})
			valid(t, s.c, s.out)
		}
	})
}

func decode(c tcp.Conn, b []byte) tcp.Segment {
	near := func(b []byte) tcp.Seq { return tcp.Seq(int32(int16(binary.BigEndian.Uint16(b)))) }
	return tcp.Segment{
		Flags:  tcp.Flags(b[0]),
		Seq:    c.Rcv.NXT + near(b[2:]),
		Ack:    c.Snd.UNA + near(b[4:]),
		Window: binary.BigEndian.Uint16(b[6:]),
		Data:   make([]byte, binary.BigEndian.Uint16(b[8:])),
		Options: tcp.Options{
			MSS:           binary.BigEndian.Uint16(b[10:]),
			HasScale:      b[12]&1 != 0,
			HasTimestamps: b[12]&2 != 0,
			WindowScale:   b[13],
			TSVal:         uint32(binary.BigEndian.Uint16(b[14:])),
			TSEcr:         binary.BigEndian.Uint32(b[16:]),
		},
	}
}
