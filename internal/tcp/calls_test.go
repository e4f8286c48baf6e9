package tcp_test

import (
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// closing are the states in which our FIN has been promised.
func closing() []tcp.State {
	return []tcp.State{tcp.FinWait1, tcp.FinWait2, tcp.Closing, tcp.LastAck, tcp.TimeWait}
}

func TestSection3_10_1Open(t *testing.T) {
	p := usual()
	in(t, p, tcp.Close).call(tcp.OpenPassive).wants(tcp.Listen).rule("RFC 9293 3.10.1")
	in(t, p, tcp.Close).call(tcp.OpenActive).wants(tcp.SynSent, tcp.SYN).rule("RFC 9293 3.10.1")
	in(t, p, tcp.Listen).call(tcp.OpenActive).wants(tcp.SynSent, tcp.SYN)
	for _, state := range append(synchronized(), tcp.SynSent, tcp.SynRecv) {
		in(t, p, state).call(tcp.OpenActive).wants(state).fails(tcp.ErrExists)
		in(t, p, state).call(tcp.OpenPassive).wants(state).fails(tcp.ErrExists)
	}
	linux := in(t, tcp.Params{Linux: true}, tcp.Listen)
	linux.call(tcp.OpenActive).wants(tcp.Listen).fails(tcp.ErrExists)
}

func TestSection3_10_2Send(t *testing.T) {
	p := usual()
	in(t, p, tcp.Close).send("x").wants(tcp.Close).fails(tcp.ErrNoConnection)
	in(t, p, tcp.Listen).send("x").wants(tcp.SynSent, tcp.SYN).rule("RFC 9293 3.10.2")
	in(t, tcp.Params{Linux: true}, tcp.Listen).send("x").wants(tcp.Listen).fails(tcp.ErrNoConnection)
	for _, state := range []tcp.State{tcp.SynSent, tcp.SynRecv} {
		in(t, p, state).send("x").wants(state).get(tcp.SYN|tcp.ACK, 0, 1, "")
	}
	s := in(t, p, tcp.SynSent).send("early").wants(tcp.SynSent)
	s.arrive(tcp.Segment{Flags: tcp.SYN | tcp.ACK, Seq: theirs, Ack: ours + 1}).wants(tcp.Established, tcp.PSH|tcp.ACK)
	if got := string(s.sent().Data); got != "early" {
		t.Errorf("what SYN-SENT had queued was sent as %q", got)
	}
	in(t, p, tcp.Established).send("x").wants(tcp.Established, tcp.PSH|tcp.ACK)
	in(t, p, tcp.CloseWait).send("x").wants(tcp.CloseWait, tcp.PSH|tcp.ACK)
	for _, state := range closing() {
		in(t, p, state).send("x").wants(state).fails(tcp.ErrClosing)
	}
}

func TestSection3_10_3ReceiveOpensTheWindowAndTellsThePeer(t *testing.T) {
	p := tcp.Params{TimeWait: time.Minute, Window: 1000, MSS: 500}
	s := in(t, p, tcp.Established).get(tcp.ACK, 0, 0, string(make([]byte, 500)))
	s.get(tcp.ACK, 0, 0, string(make([]byte, 500))).wants(tcp.Established, tcp.ACK)
	if got := s.sent().Window; got != 0 || s.c.Unread() != 1000 {
		t.Fatalf("with 1000 of 1000 bytes unread the window is %d, unread %d", got, s.c.Unread())
	}
	s.do(tcp.Event{Kind: tcp.Read, N: 100}).wants(tcp.Established) // not worth telling
	s.do(tcp.Event{Kind: tcp.Read, N: 500}).wants(tcp.Established, tcp.ACK).rule("RFC 9293 3.10.3")
	if got := s.sent().Window; got != 600 {
		t.Errorf("the window opened to %d, want 600", got)
	}
	wide := in(t, tcp.Params{Window: 10000, MSS: 500}, tcp.Established)
	wide.get(tcp.ACK, 0, 0, string(make([]byte, 3000)))
	wide.do(tcp.Event{Kind: tcp.Read, N: 3000}).wants(tcp.Established) // the peer had enough
	s.do(tcp.Event{Kind: tcp.Read, N: 1 << 40}).do(tcp.Event{Kind: tcp.Read, N: -1})
	if s.c.Unread() != 0 {
		t.Errorf("unread %d after everything was read", s.c.Unread())
	}
}

func TestSection3_10_4Close(t *testing.T) {
	p := usual()
	in(t, p, tcp.Close).call(tcp.CloseCall).wants(tcp.Close).fails(tcp.ErrNoConnection)
	in(t, p, tcp.Listen).call(tcp.CloseCall).wants(tcp.Close).signals(tcp.Closed)
	in(t, p, tcp.SynSent).call(tcp.CloseCall).wants(tcp.Close).signals(tcp.Closed)
	in(t, p, tcp.SynRecv).call(tcp.CloseCall).wants(tcp.FinWait1, tcp.FIN|tcp.ACK)
	in(t, p, tcp.Established).call(tcp.CloseCall).wants(tcp.FinWait1, tcp.FIN|tcp.ACK)
	in(t, p, tcp.CloseWait).call(tcp.CloseCall).wants(tcp.LastAck, tcp.FIN|tcp.ACK)
	for _, state := range closing() {
		in(t, p, state).call(tcp.CloseCall).wants(state).fails(tcp.ErrClosing)
	}
	// In SYN-RECEIVED with data queued CLOSE waits for ESTABLISHED.
	s := in(t, p, tcp.SynRecv).send("x").call(tcp.CloseCall).wants(tcp.SynRecv)
	s.get(tcp.ACK, 0, 1, "").wants(tcp.FinWait1, tcp.FIN|tcp.PSH|tcp.ACK).signals(tcp.Connected)
}

func TestSection3_10_5Abort(t *testing.T) {
	p := usual()
	in(t, p, tcp.Close).call(tcp.Abort).wants(tcp.Close).fails(tcp.ErrNoConnection)
	for _, state := range []tcp.State{tcp.Listen, tcp.SynSent, tcp.Closing, tcp.LastAck, tcp.TimeWait} {
		in(t, p, state).call(tcp.Abort).wants(tcp.Close).signals(tcp.Closed)
	}
	for _, state := range []tcp.State{tcp.SynRecv, tcp.Established, tcp.FinWait1, tcp.FinWait2, tcp.CloseWait} {
		s := in(t, p, state)
		nxt := s.c.Snd.NXT
		s.call(tcp.Abort).wants(tcp.Close, tcp.RST).signals(tcp.Closed)
		if s.sent().Seq != nxt {
			t.Errorf("%s: the reset has number %d, want SND.NXT %d", state, s.sent().Seq, nxt)
		}
		in(t, tcp.Params{Linux: true, TimeWait: 1}, state).call(tcp.Abort).wants(tcp.Close, tcp.RST|tcp.ACK)
	}
}

func TestSection3_6_1HalfDuplexCloseResetsWhenDataIsLost(t *testing.T) {
	for _, linux := range []bool{false, true} {
		p := tcp.Params{TimeWait: time.Minute, Linux: linux}
		reset := tcp.RST
		if linux {
			reset |= tcp.ACK
		}
		in(t, p, tcp.Established).get(tcp.ACK, 0, 0, "unread").call(tcp.Release).wants(tcp.Close, reset).signals(tcp.Closed)
		read := in(t, p, tcp.Established).get(tcp.ACK, 0, 0, "read").do(tcp.Event{Kind: tcp.Read, N: 4})
		read.call(tcp.Release).wants(tcp.FinWait1, tcp.FIN|tcp.ACK)

		// Data for an orphan is lost too.
		s := in(t, p, tcp.Established).call(tcp.Release).get(tcp.ACK, 0, 1, "").wants(tcp.FinWait2)
		if !s.c.Orphan() {
			t.Error("after Release the connection is no orphan")
		}
		s.get(tcp.ACK, 0, 0, "late").wants(tcp.Close, tcp.RST).signals(tcp.Closed)
		early := in(t, p, tcp.Listen).arrive(tcp.Segment{Flags: tcp.SYN, Seq: theirs, Data: []byte("with the SYN")})
		if early.call(tcp.Release).get(tcp.ACK, 0, 1, ""); early.out.Data != nil {
			t.Error("text was delivered to a user who is gone")
		}
		in(t, p, tcp.CloseWait).call(tcp.Release).wants(tcp.LastAck, tcp.FIN|tcp.ACK)
		in(t, p, tcp.FinWait2).call(tcp.Release).wants(tcp.FinWait2)
	}
}
