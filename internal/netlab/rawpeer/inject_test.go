package rawpeer

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// byHand returns what raw sent by hand.
func byHand(raw *Peer) (segments []tcp.Segment) {
	packets, _ := raw.Capture().Since(0)
	for _, p := range packets {
		if p.ByHand {
			segments = append(segments, p.Segment)
		}
	}
	return segments
}

func TestHandmadeSegmentsCountFromTheMachinesNumbers(t *testing.T) {
	stamps := Options{Params: tcp.Params{Timestamps: true, TSOffset: 1000}}
	inBubble(t, stamps, stamps, func(t *testing.T, raw, other *Peer) {
		c, d := joined(t, raw, other, 80)
		_, err := d.Write(context.Background(), []byte("hello"))
		must(t, err)
		settle(time.Second)
		m := c.Machine()
		past := int64(-10)
		must(t, c.Inject(Handmade{Flags: tcp.ACK | tcp.FIN, Seq: -3, Ack: -5, Data: []byte("x")}))
		must(t, c.Inject(Handmade{Flags: tcp.RST, Stamp: &past}))
		must(t, c.Inject(Handmade{Flags: tcp.SYN, Seq: 1 << 32, NoStamp: true}))
		if c.Machine().Snd.NXT != m.Snd.NXT || c.Machine().Rcv.NXT != m.Rcv.NXT {
			t.Error("the machine noticed")
		}
		sent := byHand(raw)
		if len(sent) != 3 {
			t.Fatalf("sent %d", len(sent))
		}
		if s := sent[0]; s.Flags != tcp.ACK|tcp.FIN || s.Seq != m.Snd.NXT-3 || s.Ack != m.Rcv.NXT-5 || string(s.Data) != "x" || s.Window == 0 {
			t.Errorf("the first one is %+v, the machine is at %d, %d", s, m.Snd.NXT, m.Rcv.NXT)
		}
		if s := sent[1]; s.Flags != tcp.RST || s.Ack != 0 || s.Options.TSVal != sent[0].Options.TSVal-10 || s.Options.TSEcr != 0 {
			t.Errorf("the second one is %+v", s)
		}
		if s := sent[2]; s.Seq != m.Snd.NXT || s.Options != (tcp.Options{}) {
			t.Errorf("the third one is %+v", s)
		}
		if o := sent[0].Options; o.TSVal < 2000 || o.TSVal > 3000 || o.TSEcr == 0 {
			t.Errorf("the timestamps are %+v", o)
		}
	})
}

func TestHandmadeSegmentsAreRepeatedWithTheSameNumbers(t *testing.T) {
	inBubble(t, Options{}, Options{}, func(t *testing.T, raw, other *Peer) {
		c, _ := joined(t, raw, other, 80)
		must(t, c.Inject(Handmade{Flags: tcp.ACK, Seq: -1, Times: 3, Every: time.Second}))
		if n := len(byHand(raw)); n != 1 {
			t.Errorf("%d were sent at once", n)
		}
		_, err := c.Write(context.Background(), []byte("the machine goes on"))
		must(t, err)
		settle(time.Minute)
		sent := byHand(raw)
		if len(sent) != 3 || sent[2].Seq != sent[0].Seq {
			t.Errorf("sent %+v", sent)
		}
	})
}

// The peer without TIME-WAIT forgets everything with the last step of its
// machine, which also takes in the other end's FIN.
func TestHandmadeSegmentsKnowTheLastNumbersOfAnEndedConnection(t *testing.T) {
	inBubble(t, Options{}, Options{Params: tcp.Params{TimeWait: time.Minute}}, func(t *testing.T, raw, other *Peer) {
		c, d := joined(t, raw, other, 80)
		must(t, c.Close())
		settle(0)
		must(t, d.Close())
		expectState(t, "the peer without TIME-WAIT", c, tcp.Close)
		must(t, c.Inject(Handmade{Flags: tcp.ACK}))
		s := byHand(raw)[0]
		if want := c.machine.Snd.ISS + 2; s.Seq != want {
			t.Errorf("sequence number %d, and SYN and FIN make %d", s.Seq, want)
		}
		if want := c.machine.Rcv.IRS + 2; s.Ack != want {
			t.Errorf("acknowledgement %d, and SYN and FIN make %d", s.Ack, want)
		}
	})
}

func TestHandmadeSegmentsMayBeTooLong(t *testing.T) {
	inBubble(t, Options{}, Options{}, func(t *testing.T, raw, other *Peer) {
		c, _ := joined(t, raw, other, 80)
		if err := c.Inject(Handmade{Data: make([]byte, 1<<16)}); !errors.Is(err, ErrTooLong) {
			t.Errorf("got %v", err)
		}
	})
}
