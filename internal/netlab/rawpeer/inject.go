package rawpeer

import (
	"bytes"
	"fmt"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// Handmade is a segment over a connection that its machine does not know of.
type Handmade struct {
	Flags   tcp.Flags
	Seq     int64  // relative to what the machine would send next (SND.NXT)
	Ack     int64  // relative to what it expects (RCV.NXT); only with the flag ACK
	Data    []byte // payload
	Stamp   *int64 // TSVal relative to the machine's clock, in ms; nil: a timestamp as in the connection's own segments, or none
	NoStamp bool   // no timestamps option
	Times   int    // so often; 0: once
	Every   time.Duration
}

// Inject sends a hand-made segment, also after the end of the connection: with
// the numbers that were the last ones. All copies are the same, but for their
// timestamps. It returns when the first one was sent; the others follow. The
// error wraps ErrTooLong or net.ErrClosed.
func (c *Conn) Inject(h Handmade) error {
	h.Data = bytes.Clone(h.Data)
	var err error
	if closed := c.peer.call(func() { err = c.inject(h, c.handmade(h), h.Times) }); closed != nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("inject: %w", err)
	}
	return nil
}

func (c *Conn) handmade(h Handmade) tcp.Segment {
	s := tcp.Segment{Flags: h.Flags, Seq: c.machine.Snd.NXT + tcp.Seq(h.Seq), Window: c.window, Data: h.Data}
	if h.Flags.Has(tcp.ACK) {
		s.Ack = c.machine.Rcv.NXT + tcp.Seq(h.Ack)
	}
	return s
}

func (c *Conn) inject(h Handmade, s tcp.Segment, left int) error {
	if h.Stamp != nil || c.stamps && !h.NoStamp {
		s.Options = tcp.Options{HasTimestamps: true, TSVal: c.peer.options.Params.Timestamp(c.peer.now())}
		if h.Stamp != nil {
			s.Options.TSVal += uint32(*h.Stamp)
		}
		if h.Flags.Has(tcp.ACK) {
			s.Options.TSEcr = c.echo
		}
	}
	state := c.machine.State
	if c.over {
		state = 0
	}
	if err := c.peer.send(c.tuple, s, sent{before: state, after: state, byHand: true}); err != nil {
		return err
	}
	if left > 1 {
		c.peer.at(c.peer.now()+h.Every, func() { _ = c.inject(h, s, left-1) })
	}
	return nil
}
