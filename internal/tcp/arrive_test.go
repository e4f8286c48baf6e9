package tcp_test

import (
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

const ack = tcp.ACK

func TestSection3_10_7_1Closed(t *testing.T) {
	s := in(t, usual(), tcp.Close)
	s.arrive(tcp.Segment{Flags: tcp.RST, Seq: 7}).wants(tcp.Close)
	s.arrive(tcp.Segment{Flags: ack, Seq: 7, Ack: 9}).wants(tcp.Close, tcp.RST)
	if got := s.sent().Seq; got != 9 {
		t.Errorf("the reset has number %d, want SEG.ACK", got)
	}
	s.arrive(tcp.Segment{Flags: tcp.SYN | tcp.FIN, Seq: 7, Data: []byte("abc")}).wants(tcp.Close, tcp.RST|ack)
	if got := s.sent(); got.Seq != 0 || got.Ack != 12 {
		t.Errorf("the reset is %d, %d, want 0, SEG.SEQ+SEG.LEN", got.Seq, got.Ack)
	}
}

func TestSection3_10_7_2Listen(t *testing.T) {
	p := usual()
	in(t, p, tcp.Listen).arrive(tcp.Segment{Flags: tcp.RST | tcp.SYN}).wants(tcp.Listen).rule("RFC 9293 3.10.7.2 first")
	in(t, p, tcp.Listen).arrive(tcp.Segment{Flags: ack | tcp.SYN, Ack: 3}).wants(tcp.Listen, tcp.RST).rule("RFC 9293 3.10.7.2 second")
	in(t, p, tcp.Listen).arrive(tcp.Segment{Flags: tcp.FIN}).wants(tcp.Listen).rule("RFC 9293 3.10.7.2 fourth")
	s := in(t, p, tcp.Listen).arrive(tcp.Segment{Flags: tcp.SYN, Seq: theirs, Data: []byte("early")})
	s.wants(tcp.SynRecv, tcp.SYN|ack).rule("RFC 9293 3.10.7.2 third")
	if got := s.sent(); got.Seq != ours || got.Ack != theirs+1 || s.c.Snd.MSS != 536 {
		t.Errorf("the SYN-ACK is %d, %d, and without MSS option MSS is %d", got.Seq, got.Ack, s.c.Snd.MSS)
	}
	s.get(ack, 0, 1, "")
	if got := string(s.out.Data); got != "early" {
		t.Errorf("text of the SYN gave %q when the connection was established", got)
	}
	given := in(t, p, tcp.Listen).do(tcp.Event{Kind: tcp.Arrive, ISS: 77, Segment: tcp.Segment{Flags: tcp.SYN}})
	if got := given.sent().Seq; got != 77 {
		t.Errorf("an ISS given with the SYN became %d", got)
	}
}

func TestSection3_10_7_3SynSent(t *testing.T) {
	p := usual()
	sent := func() *script { return in(t, p, tcp.SynSent) }
	for _, wrong := range []tcp.Seq{ours, ours - 1, ours + 2} {
		s := sent().arrive(tcp.Segment{Flags: ack, Ack: wrong}).wants(tcp.SynSent, tcp.RST).rule("RFC 9293 3.10.7.3 first")
		if s.sent().Seq != wrong {
			t.Errorf("the reset has number %d, want SEG.ACK", s.sent().Seq)
		}
		sent().arrive(tcp.Segment{Flags: ack | tcp.RST, Ack: wrong}).wants(tcp.SynSent)
	}
	sent().arrive(tcp.Segment{Flags: tcp.RST}).wants(tcp.SynSent).rule("RFC 9293 3.10.7.3 second")
	refused := tcp.Segment{Flags: tcp.RST | ack, Ack: ours + 1}
	sent().arrive(refused).wants(tcp.Close).signals(tcp.WasReset, tcp.Closed).rule("RFC 9293 3.10.7.3 second")
	in(t, tcp.Params{Linux: true}, tcp.SynSent).arrive(refused).wants(tcp.Close).signals(tcp.Refused, tcp.Closed)
	s := sent().arrive(tcp.Segment{Flags: tcp.SYN | ack, Seq: theirs, Ack: ours + 1, Data: []byte("hi")})
	s.wants(tcp.Established, ack).signals(tcp.Connected).rule("RFC 9293 3.10.7.3 fourth")
	if string(s.out.Data) != "hi" || s.sent().Ack != theirs+3 {
		t.Errorf("text of the SYN-ACK gave %q, acknowledged %d", s.out.Data, s.sent().Ack)
	}
	sent().arrive(tcp.Segment{Flags: tcp.SYN | ack | tcp.FIN, Seq: theirs, Ack: ours + 1}).
		wants(tcp.CloseWait, ack).signals(tcp.Connected, tcp.PeerClosed)
	sent().arrive(tcp.Segment{Flags: tcp.SYN, Seq: theirs}).wants(tcp.SynRecv, tcp.SYN|ack).rule("RFC 9293 3.10.7.3 fourth")
	sent().arrive(tcp.Segment{Flags: ack, Ack: ours + 1}).wants(tcp.SynSent).rule("RFC 9293 3.10.7.3 fifth")
}

func TestSection3_10_7_4FirstSequenceNumber(t *testing.T) {
	p := tcp.Params{TimeWait: time.Minute, Window: 1000}
	for _, state := range synchronized() {
		in(t, p, state).get(ack, -100, 0, "old").wants(state, ack)
		in(t, p, state).get(ack, 1000, 0, "beyond").wants(state, ack)
		in(t, p, state).get(tcp.RST, 1000, 0, "").wants(state)
	}
	s := in(t, p, tcp.Established).get(ack, -3, 0, "oldnew")
	if string(s.out.Data) != "new" {
		t.Errorf("a segment half before the window gave %q", s.out.Data)
	}
	s = in(t, p, tcp.Established).get(ack|tcp.FIN, 0, 0, string(make([]byte, 1001))).wants(tcp.Established, ack)
	if len(s.out.Data) != 1000 || s.sent().Window != 0 {
		t.Errorf("a segment larger than the window gave %d bytes and left a window of %d", len(s.out.Data), s.sent().Window)
	}
	if s := in(t, p, tcp.Established).get(ack|tcp.FIN, 0, 0, string(make([]byte, 1000))); s.c.State != tcp.Established {
		t.Errorf("a FIN just beyond the window led to %s", s.c.State)
	}
	// The window is closed: ACKs and resets are looked at all the same.
	s.send("x").get(ack, 0, 1, "y").wants(tcp.Established, ack)
	if s.c.Queued() != 0 || len(s.out.Data) != 0 {
		t.Errorf("with the window closed %d bytes are not acknowledged, %q was taken", s.c.Queued(), s.out.Data)
	}
	s.get(tcp.RST, 0, 0, "").wants(tcp.Close).signals(tcp.WasReset, tcp.Closed)
}

func TestSection3_10_7_4FirstSynAgainInSynReceived(t *testing.T) {
	s := in(t, usual(), tcp.SynRecv)
	s.arrive(syn(s)).wants(tcp.SynRecv, ack).rule("RFC 9293 3.10.7.4 first")
	s = in(t, tcp.Params{Linux: true}, tcp.SynRecv)
	s.arrive(syn(s)).wants(tcp.SynRecv, tcp.SYN|ack).rule("Linux tcp_check_req")
}

func TestAnswersToEmptySegmentsOutOfPlaceAreLimited(t *testing.T) {
	s := in(t, usual(), tcp.Established)
	s.get(ack, -1, 0, "").wants(tcp.Established, ack)
	s.get(ack, -1, 0, "").wants(tcp.Established)
	s.get(tcp.SYN, -1, 0, "").wants(tcp.Established)
	s.get(ack, -1, 0, "x").wants(tcp.Established, ack) // may be a retransmission
	s.later(500*time.Millisecond).get(ack, -1, 0, "").wants(tcp.Established, ack)
}

func TestSection3_10_7_4SecondReset(t *testing.T) {
	p := usual()
	signals := map[tcp.State][]tcp.Signal{
		tcp.Closing: {tcp.Closed}, tcp.LastAck: {tcp.Closed}, tcp.TimeWait: {tcp.Closed},
	}
	for _, state := range synchronized() {
		want := signals[state]
		if want == nil {
			want = []tcp.Signal{tcp.WasReset, tcp.Closed}
		}
		in(t, p, state).get(tcp.RST, 0, 0, "").wants(tcp.Close).signals(want...).rule("RFC 9293 3.10.7.4 second")
		in(t, p, state).get(tcp.RST, 1, 0, "").wants(state, ack).rule("RFC 9293 3.10.7.4 second") // RFC 5961
		in(t, p, state).get(tcp.RST, -1, 0, "").wants(state)
	}
	in(t, p, tcp.SynRecv).get(tcp.RST, 0, 0, "").wants(tcp.Listen).signals()
	in(t, p, tcp.SynRecv).send("x").call(tcp.CloseCall).get(tcp.RST, 0, 0, "").wants(tcp.Close).signals(tcp.Closed)
	alone := in(t, p, tcp.SynRecv)
	alone.c.Listener = false // it was closed meanwhile
	alone.get(tcp.RST, 0, 0, "").wants(tcp.Close).signals(tcp.Closed)
	active := in(t, p, tcp.SynSent).arrive(tcp.Segment{Flags: tcp.SYN, Seq: theirs})
	active.get(tcp.RST, 0, 0, "").wants(tcp.Close).signals(tcp.Refused, tcp.Closed)
	in(t, tcp.Params{Linux: true}, tcp.CloseWait).get(tcp.RST, -1, 0, "").wants(tcp.Close) // tcp_reset_check
}

func TestAResetThatReachesBeyondTheWindowIsNotAnswered(t *testing.T) {
	in(t, tcp.Params{Window: 10}, tcp.Established).get(tcp.RST, 0, 0, string(make([]byte, 20))).wants(tcp.Close)
}

func TestTheSegmentThatFillsAGapIsAcknowledgedAtOnce(t *testing.T) {
	s := in(t, usual(), tcp.Established).get(ack, 1, 0, "b").wants(tcp.Established, ack)
	s.get(ack, 0, 0, "a").wants(tcp.Established, ack)
}

func TestSection3_10_7_4FourthSyn(t *testing.T) {
	p := usual()
	for _, state := range synchronized() {
		if state != tcp.TimeWait {
			in(t, p, state).get(tcp.SYN, 1, 0, "").wants(state, ack).rule("RFC 9293 3.10.7.4 fourth")
		}
	}
	in(t, p, tcp.SynRecv).get(tcp.SYN, 1, 0, "").wants(tcp.Listen).rule("RFC 9293 3.10.7.4 fourth")
	in(t, tcp.Params{Linux: true}, tcp.SynRecv).get(tcp.SYN, 1, 0, "").wants(tcp.Listen, tcp.RST|ack)
}

func TestSection3_10_7_4FifthAck(t *testing.T) {
	p := usual()
	in(t, p, tcp.Established).get(0, 0, 0, "x").wants(tcp.Established).rule("RFC 9293 3.10.7.4 fifth")
	in(t, p, tcp.SynRecv).get(ack, 0, 1, "").wants(tcp.Established).signals(tcp.Connected)
	s := in(t, p, tcp.SynRecv).get(ack, 0, 2, "").wants(tcp.SynRecv, tcp.RST)
	if s.sent().Seq != ours+2 {
		t.Errorf("the reset has number %d, want SEG.ACK", s.sent().Seq)
	}
	in(t, p, tcp.Established).get(ack, 0, 1, "x").wants(tcp.Established, ack) // not yet sent
	in(t, p, tcp.Established).get(ack, 0, -70000, "x").wants(tcp.Established, ack)
	if s := in(t, p, tcp.Established).get(ack, 0, -70000, "x"); s.out.Data != nil {
		t.Error("data with an ACK from before the window was taken: RFC 5961 section 5")
	}
	in(t, p, tcp.FinWait1).get(ack, 0, 1, "").wants(tcp.FinWait2)
	in(t, p, tcp.Closing).get(ack, 0, 1, "").wants(tcp.TimeWait)
	in(t, p, tcp.LastAck).get(ack, 0, 1, "").wants(tcp.Close).signals(tcp.Closed)
	in(t, p, tcp.LastAck).get(ack, 0, 0, "").wants(tcp.LastAck)
}

func TestSection3_10_7_4SeventhText(t *testing.T) {
	p := usual()
	for _, state := range []tcp.State{tcp.Established, tcp.FinWait1, tcp.FinWait2} {
		s := in(t, p, state).get(ack, 0, 0, "one")
		if string(s.out.Data) != "one" {
			t.Errorf("%s: text gave %q", state, s.out.Data)
		}
	}
	for _, state := range []tcp.State{tcp.CloseWait, tcp.Closing, tcp.LastAck} {
		if s := in(t, p, state).get(ack, 0, 0, "after the FIN"); s.out.Data != nil {
			t.Errorf("%s: text after the FIN was taken", state)
		}
	}
	s := in(t, p, tcp.Established).get(ack, 3, 0, "two").wants(tcp.Established, ack)
	s.get(ack|tcp.FIN, 5, 0, "othree").wants(tcp.Established, ack)
	s.get(ack, 0, 0, "one").wants(tcp.CloseWait, ack).signals(tcp.PeerClosed)
	if string(s.out.Data) != "onetwothree" {
		t.Errorf("out of order text gave %q", s.out.Data)
	}
}

func TestSection3_10_7_4EighthFin(t *testing.T) {
	p := usual()
	const fin = tcp.FIN | ack
	in(t, p, tcp.SynRecv).get(fin, 0, 1, "").wants(tcp.CloseWait, ack).signals(tcp.Connected, tcp.PeerClosed)
	in(t, p, tcp.Established).get(fin, 0, 0, "").wants(tcp.CloseWait, ack).signals(tcp.PeerClosed).rule("RFC 9293 3.10.7.4 eighth")
	in(t, p, tcp.FinWait1).get(fin, 0, 0, "").wants(tcp.Closing, ack)
	in(t, p, tcp.FinWait1).get(fin, 0, 1, "").wants(tcp.TimeWait, ack)
	in(t, p, tcp.FinWait2).get(fin, 0, 0, "").wants(tcp.TimeWait, ack)
	for _, state := range []tcp.State{tcp.CloseWait, tcp.Closing, tcp.LastAck, tcp.TimeWait} {
		in(t, p, state).get(fin, -1, 0, "").wants(state, ack).signals()
	}
}

func TestWithoutTimeWaitTheLastAckIsSentAndTheConnectionIsGone(t *testing.T) {
	s := in(t, tcp.Params{}, tcp.FinWait2).get(tcp.FIN|ack, 0, 0, "").wants(tcp.Close, ack).signals(tcp.PeerClosed, tcp.Closed)
	s.arrive(tcp.Segment{Flags: tcp.FIN | ack, Seq: theirs + 1, Ack: ours + 2}).wants(tcp.Close, tcp.RST)
}
