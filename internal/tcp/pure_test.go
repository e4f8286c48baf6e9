package tcp_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/tcp"
)

// drawEvent draws any event, often one that fits the connection.
func drawEvent(t *rapid.T, c tcp.Conn) tcp.Event {
	near := rapid.SampledFrom([]int{-2000, -1, 0, 0, 0, 0, 1, 2, 500, 1460, 70000})
	e := tcp.Event{
		Kind:  rapid.SampledFrom([]tcp.EventKind{0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 8, 8, 8, 8, 8, 8, 8, 9, 9, 99}).Draw(t, "kind"),
		ISS:   tcp.Seq(rapid.Uint32().Draw(t, "iss")),
		N:     rapid.IntRange(-1, 5000).Draw(t, "n"),
		Timer: tcp.Timer(rapid.Uint8Range(0, uint8(tcp.NumTimers)).Draw(t, "timer")),
	}
	text := func(name string) []byte {
		return speech('x', rapid.SampledFrom([]int{0, 0, 1, 700, 5000, 40000}).Draw(t, name))
	}
	switch e.Kind {
	case tcp.Send:
		e.Data = text("data")
	case tcp.Arrive:
		e.Segment = tcp.Segment{
			Flags:  tcp.Flags(rapid.SampledFrom([]int{0, 1, 2, 4, 0x10, 0x10, 0x10, 0x11, 0x11, 0x12, 0x14, 0x18, 0xff}).Draw(t, "flags")),
			Seq:    c.Rcv.NXT + tcp.Seq(near.Draw(t, "seq")),
			Ack:    rapid.SampledFrom([]tcp.Seq{c.Snd.UNA, c.Snd.NXT}).Draw(t, "ack") + tcp.Seq(near.Draw(t, "more")),
			Window: rapid.SampledFrom([]uint16{0, 1, 1000, 65535}).Draw(t, "window"),
			Data:   text("text"),
			Options: tcp.Options{
				MSS: rapid.Uint16().Draw(t, "mss"), HasScale: rapid.Bool().Draw(t, "scales"),
				WindowScale: rapid.Uint8().Draw(t, "scale"), HasTimestamps: rapid.Bool().Draw(t, "stamped"),
				TSVal: rapid.Uint32Range(0, 100).Draw(t, "tsval"), TSEcr: rapid.Uint32().Draw(t, "tsecr"),
			},
		}
	}
	return e
}

func TestStepIsPureAndTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawParams(t, "machine")
		p.FinTimeout = rapid.SampledFrom([]time.Duration{0, time.Second, 2 * time.Minute}).Draw(t, "fin timeout")
		p.UserTimeout = rapid.SampledFrom([]time.Duration{0, time.Second}).Draw(t, "user timeout")
		var c tcp.Conn
		now := time.Second
		for range rapid.IntRange(1, 40).Draw(t, "events") {
			e := drawEvent(t, c)
			if _, at, ok := c.Next(); ok && e.Kind == tcp.Expire && rapid.Bool().Draw(t, "due") {
				now = max(now, at)
			}
			now += rapid.SampledFrom([]time.Duration{0, time.Millisecond, time.Second}).Draw(t, "later")
			original := fmt.Sprintf("%#v", deep(c))
			first, firstOut := p.Step(c, now, e)
			// What else is done with the old value must not show in the new one.
			p.Step(c, now, tcp.Event{Kind: tcp.Send, Data: []byte("other")})
			second, secondOut := p.Step(c, now, e)
			if got := fmt.Sprintf("%#v", deep(c)); got != original {
				t.Fatalf("the old connection changed:\n%s\n%s", original, got)
			}
			if !reflect.DeepEqual(first, second) || !reflect.DeepEqual(firstOut, secondOut) {
				t.Fatalf("two steps from one connection differ:\n%+v\n%+v", first, second)
			}
			valid(t, first, firstOut)
			c = first
		}
	})
}

// deep makes the slices of a connection visible to %#v, with their bytes.
func deep(c tcp.Conn) any {
	v := reflect.ValueOf(c)
	var fields []any
	for i := range v.NumField() {
		fields = append(fields, fmt.Sprintf("%v", v.Field(i)))
	}
	return fields
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// valid checks what must hold of every connection and every output.
func valid(t fataler, c tcp.Conn, out tcp.Output) {
	t.Helper()
	switch c.State {
	case tcp.Close, tcp.Listen, tcp.SynSent, tcp.SynRecv, tcp.Established, tcp.FinWait1, tcp.FinWait2,
		tcp.CloseWait, tcp.Closing, tcp.LastAck, tcp.TimeWait:
	default:
		t.Fatalf("state %s is none of the eleven", c.State)
	}
	if c.Snd.UNA.After(c.Snd.NXT) {
		t.Fatalf("SND.UNA %d is after SND.NXT %d", c.Snd.UNA, c.Snd.NXT)
	}
	if c.State == tcp.Close && !reflect.DeepEqual(c, tcp.Conn{State: tcp.Close}) {
		t.Fatalf("CLOSED keeps something: %+v", c)
	}
	if _, _, ok := c.Next(); ok && (c.State == tcp.Close || c.State == tcp.Listen) {
		t.Fatalf("a timer runs in %s", c.State)
	}
	if _, _, ok := c.Next(); !ok && (c.State == tcp.SynSent || c.State == tcp.SynRecv || c.State == tcp.TimeWait || c.State == tcp.LastAck) {
		t.Fatalf("no timer runs in %s, which can then last for ever", c.State)
	}
	for _, s := range out.Segments {
		if len(s.Data) > 1460 {
			t.Fatalf("a segment of %d bytes", len(s.Data))
		}
	}
}
