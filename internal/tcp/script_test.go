package tcp_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// The numbers of the scripted connections: ours begin at 1000, the peer's at 5000.
const (
	ours   = tcp.Seq(1000)
	theirs = tcp.Seq(5000)
)

// script drives one machine by hand.
type script struct {
	t   *testing.T
	p   tcp.Params
	c   tcp.Conn
	now time.Duration
	out tcp.Output // of the last event
}

func newScript(t *testing.T, p tcp.Params) *script {
	t.Helper()
	return &script{t: t, p: p, now: time.Hour}
}

func (s *script) do(e tcp.Event) *script {
	s.t.Helper()
	s.c, s.out = s.p.Step(s.c, s.now, e)
	return s
}

func (s *script) call(kind tcp.EventKind) *script {
	s.t.Helper()
	return s.do(tcp.Event{Kind: kind, ISS: ours})
}

func (s *script) send(data string) *script {
	s.t.Helper()
	return s.do(tcp.Event{Kind: tcp.Send, ISS: ours, Data: []byte(data)})
}

// get lets a segment arrive. Its numbers are relative: to RCV.NXT and to SND.UNA.
func (s *script) get(flags tcp.Flags, seq, ack int, data string) *script {
	s.t.Helper()
	return s.arrive(tcp.Segment{Flags: flags, Seq: s.c.Rcv.NXT + tcp.Seq(seq), Ack: s.c.Snd.UNA + tcp.Seq(ack), Data: []byte(data)})
}

func (s *script) arrive(seg tcp.Segment) *script {
	s.t.Helper()
	if seg.Window == 0 {
		seg.Window = 65535
	}
	return s.do(tcp.Event{Kind: tcp.Arrive, Segment: seg})
}

// timeout lets the timer that runs out next do so, which must be t.
func (s *script) timeout(t tcp.Timer) *script {
	s.t.Helper()
	next, at, ok := s.c.Next()
	if !ok || next != t {
		s.t.Fatalf("the next timer is %s (%t), want %s", next, ok, t)
	}
	s.now = at
	return s.do(tcp.Event{Kind: tcp.Expire, Timer: t})
}

// later lets time pass in which nothing happens.
func (s *script) later(d time.Duration) *script {
	s.now += d
	return s
}

// wants checks the state and the flags of what was sent.
func (s *script) wants(state tcp.State, flags ...tcp.Flags) *script {
	s.t.Helper()
	var got, want []string
	for _, seg := range s.out.Segments {
		got = append(got, seg.Flags.String())
	}
	for _, f := range flags {
		want = append(want, f.String())
	}
	if s.c.State != state || strings.Join(got, " ") != strings.Join(want, " ") {
		s.t.Fatalf("%s, sent [%s], by %q; want %s, [%s]", s.c.State, strings.Join(got, " "), s.out.Rule, state, strings.Join(want, " "))
	}
	return s
}

func (s *script) signals(want ...tcp.Signal) *script {
	s.t.Helper()
	if fmt.Sprint(s.out.Signals) != fmt.Sprint(want) {
		s.t.Fatalf("signals %v, want %v", s.out.Signals, want)
	}
	return s
}

func (s *script) rule(want string) *script {
	s.t.Helper()
	if !strings.HasPrefix(s.out.Rule, want) {
		s.t.Fatalf("rule %q, want %q", s.out.Rule, want)
	}
	return s
}

func (s *script) fails(want error) *script {
	s.t.Helper()
	if s.out.Err != want {
		s.t.Fatalf("error %v, want %v", s.out.Err, want)
	}
	return s
}

// sent returns the only segment of the last step.
func (s *script) sent() tcp.Segment {
	s.t.Helper()
	if len(s.out.Segments) != 1 {
		s.t.Fatalf("%d segments were sent, want one", len(s.out.Segments))
	}
	return s.out.Segments[0]
}

// in brings a new machine into a state, the usual way.
func in(t *testing.T, p tcp.Params, state tcp.State) *script {
	t.Helper()
	s := newScript(t, p)
	switch state {
	case tcp.Close:
		return s
	case tcp.Listen:
		return s.call(tcp.OpenPassive).wants(state)
	case tcp.SynSent:
		return s.call(tcp.OpenActive).wants(state, tcp.SYN)
	case tcp.SynRecv:
		s = in(t, p, tcp.Listen)
		return s.arrive(syn(s)).wants(state, tcp.SYN|tcp.ACK)
	case tcp.Established:
		return in(t, p, tcp.SynRecv).get(tcp.ACK, 0, 1, "").wants(state)
	case tcp.FinWait1:
		return in(t, p, tcp.Established).call(tcp.CloseCall).wants(state, tcp.FIN|tcp.ACK)
	case tcp.FinWait2:
		return in(t, p, tcp.FinWait1).get(tcp.ACK, 0, 1, "").wants(state)
	case tcp.CloseWait:
		return in(t, p, tcp.Established).get(tcp.FIN|tcp.ACK, 0, 0, "").wants(state, tcp.ACK)
	case tcp.Closing:
		return in(t, p, tcp.FinWait1).get(tcp.FIN|tcp.ACK, 0, 0, "").wants(state, tcp.ACK)
	case tcp.LastAck:
		return in(t, p, tcp.CloseWait).call(tcp.CloseCall).wants(state, tcp.FIN|tcp.ACK)
	case tcp.TimeWait:
		return in(t, p, tcp.FinWait2).get(tcp.FIN|tcp.ACK, 0, 0, "").wants(state, tcp.ACK)
	}
	t.Fatalf("no way to %s", state)
	return nil
}

// syn is the peer's SYN, with the options that the machine would take.
func syn(s *script) tcp.Segment {
	seg := tcp.Segment{Flags: tcp.SYN, Seq: theirs, Options: tcp.Options{MSS: 1460}}
	if s.p.Window > 65535 {
		seg.Options.HasScale, seg.Options.WindowScale = true, 7
	}
	return seg
}

// usual are parameters with a TIME-WAIT.
func usual() tcp.Params { return tcp.Params{TimeWait: time.Minute} }

func synchronized() []tcp.State {
	return []tcp.State{
		tcp.Established, tcp.FinWait1, tcp.FinWait2, tcp.CloseWait, tcp.Closing, tcp.LastAck, tcp.TimeWait,
	}
}
