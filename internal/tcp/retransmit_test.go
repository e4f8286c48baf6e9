package tcp_test

import (
	"strings"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

func TestSection3_10_8SynIsSentAgainWithBackOffAndThenGivenUp(t *testing.T) {
	s := in(t, tcp.Params{SynRetries: 3}, tcp.SynSent)
	begin := s.now
	for i, want := range []int{1, 3, 7} {
		s.timeout(tcp.Retransmission).wants(tcp.SynSent, tcp.SYN)
		if got := s.now - begin; got != time.Duration(want)*time.Second {
			t.Errorf("retransmission %d came after %s, want %d s", i+1, got, want)
		}
	}
	s.timeout(tcp.Retransmission).wants(tcp.Close).signals(tcp.TimedOut, tcp.Closed)
	if got := s.now - begin; got != 15*time.Second {
		t.Errorf("given up after %s, want 15 s", got)
	}
}

func TestSection3_10_8SynAckIsSentAgain(t *testing.T) {
	s := in(t, usual(), tcp.SynRecv).timeout(tcp.Retransmission).wants(tcp.SynRecv, synAck)
	if got := s.sent(); got.Seq != ours || got.Options.MSS == 0 {
		t.Errorf("the second SYN-ACK is %+v", got)
	}
	// RFC 6298 section 5.7: after a lost SYN, without a measurement, 3 s.
	s.get(ack, 0, 1, "").send(strings.Repeat("x", 5000)).wants(tcp.Established, ack) // RFC 5681: one segment
	if _, at, _ := s.c.Next(); at-s.now != 3*time.Second {
		t.Errorf("the first time-out for data is %s, want 3 s", at-s.now)
	}
}

func TestSection3_10_8DataAndFinAreSentAgain(t *testing.T) {
	s := in(t, usual(), tcp.Established).send("data").call(tcp.CloseCall).wants(tcp.FinWait1, tcp.FIN|ack)
	s.timeout(tcp.Retransmission).wants(tcp.FinWait1, finAck|tcp.PSH)
	if got := s.sent(); string(got.Data) != "data" || got.Seq != ours+1 {
		t.Errorf("sent again %q at %d", got.Data, got.Seq)
	}
	s.get(ack, 0, 4, "").wants(tcp.FinWait1)
	s.timeout(tcp.Retransmission).wants(tcp.FinWait1, finAck)
	s.get(ack, 0, 1, "").wants(tcp.FinWait2)
	if timer, _, ok := s.c.Next(); ok {
		t.Errorf("%s runs with all acknowledged", timer)
	}
}

func TestRetransmissionsAreLimitedAndFewerForALinuxOrphan(t *testing.T) {
	count := func(s *script) (n int) {
		for s.c.State != tcp.Close {
			if s.timeout(tcp.Retransmission); s.c.State != tcp.Close {
				n++
			}
		}
		s.signals(tcp.TimedOut, tcp.Closed)
		return n
	}
	if n := count(in(t, usual(), tcp.Established).send("x")); n != 15 {
		t.Errorf("%d retransmissions, want 15 (tcp_retries2)", n)
	}
	if n := count(in(t, tcp.Params{Linux: true}, tcp.Established).call(tcp.Release)); n != 8 {
		t.Errorf("%d retransmissions of an orphan, want 8 (tcp_orphan_retries)", n)
	}
}

func TestAnAckStartsTheTimerAnew(t *testing.T) {
	s := sending(t, usual(), 4).later(150*time.Millisecond).get(ack, 0, 100, "")
	if at := s.c.Deadlines[tcp.Retransmission]; at < s.now+200*time.Millisecond {
		t.Errorf("after the ACK the time-out is %s away, want a whole one (RFC 6298 section 5.3)", at-s.now)
	}
}

func TestUserTimeoutEndsAConnectionThatIsNotAnswered(t *testing.T) {
	p := tcp.Params{UserTimeout: 500 * time.Millisecond, MinRTO: 10 * time.Second}
	s := in(t, p, tcp.Established).send("x")
	s.later(400*time.Millisecond).get(ack, 0, 1, "").send("y").later(300 * time.Millisecond)
	s.timeout(tcp.UserTimeout).wants(tcp.Close).signals(tcp.TimedOut, tcp.Closed).rule("RFC 9293 3.10.8 user timeout")
}

func TestRoundTripsSetTheTimeout(t *testing.T) {
	for _, stamps := range []bool{false, true} {
		p := tcp.Params{Timestamps: stamps, MinRTO: time.Millisecond}
		s := in(t, p, tcp.Listen)
		first := syn(s)
		first.Options.HasTimestamps = stamps
		s.arrive(first)
		answer := func(n int) {
			seg := tcp.Segment{Flags: ack, Seq: s.c.Rcv.NXT, Ack: s.c.Snd.UNA + tcp.Seq(n), Options: tcp.Options{HasTimestamps: stamps}}
			seg.Options.TSEcr = s.out.Segments[0].Options.TSVal
			s.later(100 * time.Millisecond).arrive(seg)
		}
		answer(1)
		s.send("x")
		// RFC 6298 section 2.2: SRTT 100 ms, RTTVAR 50 ms.
		if _, at, _ := s.c.Next(); at-s.now != 300*time.Millisecond {
			t.Errorf("timestamps %t: the time-out after one round trip of 100 ms is %s, want 300 ms", stamps, at-s.now)
		}
		s.timeout(tcp.Retransmission)
		answer(1)
		s.send("y")
		// Karn: without timestamps the round trip of a retransmission is unknown.
		want := 600 * time.Millisecond
		if stamps {
			want = 250 * time.Millisecond // RTTVAR 37.5 ms
		}
		if _, at, _ := s.c.Next(); at-s.now != want {
			t.Errorf("timestamps %t: after a retransmission the time-out is %s, want %s", stamps, at-s.now, want)
		}
	}
}

// sending is a connection that has sent n full segments.
func sending(t *testing.T, p tcp.Params, n int) *script {
	t.Helper()
	p.MSS = 100
	s := in(t, p, tcp.Established).send(strings.Repeat("x", 100*n))
	if len(s.out.Segments) != n {
		t.Fatalf("%d segments went out, want %d", len(s.out.Segments), n)
	}
	return s
}

func TestThreeDuplicateAcksMakeAFastRetransmit(t *testing.T) {
	s := sending(t, usual(), 8)
	una := s.c.Snd.UNA
	s.get(ack, 0, 0, "").wants(tcp.Established)
	s.get(ack, 0, 0, "").wants(tcp.Established)
	s.get(ack, 0, 0, "").wants(tcp.Established, ack)
	if got := s.sent(); got.Seq != una || len(got.Data) != 100 {
		t.Errorf("the third duplicate ACK made it send %d bytes at %d, want the first segment", len(got.Data), got.Seq-una)
	}
	// RFC 6582: an ACK of a part shows the next hole.
	s.get(ack, 0, 300, "").wants(tcp.Established, ack)
	if got := s.sent().Seq; got != una+300 {
		t.Errorf("the partial ACK made it send at %d, want 300", got-una)
	}
	s.get(ack, 0, 500, "").wants(tcp.Established)
}

func TestTwoDuplicateAcksLetANewSegmentOutEach(t *testing.T) {
	s := sending(t, tcp.Params{NoDelay: true}, 10).send(strings.Repeat("y", 500)).wants(tcp.Established)
	for range 2 {
		before := s.c.Snd.NXT
		s.get(ack, 0, 0, "").wants(tcp.Established, ack) // RFC 3042
		if s.sent().Seq != before {
			t.Error("what went out is not new")
		}
	}
}

func TestDuplicateAcksAfterATimeoutAreNoNewLoss(t *testing.T) {
	s := sending(t, usual(), 8).timeout(tcp.Retransmission).get(ack, 0, 100, "")
	for range 5 {
		s.get(ack, 0, 0, "")
		for _, seg := range s.out.Segments {
			if seg.Seq == s.c.Snd.UNA {
				t.Fatal("ACKs of what was sent again made it send the first segment a third time: RFC 6582 section 3.2")
			}
		}
	}
}

func TestAFewSegmentsNeedFewerDuplicateAcks(t *testing.T) {
	s := sending(t, usual(), 2).get(ack, 0, 0, "").wants(tcp.Established, ack) // RFC 5827
	if s.sent().Seq != s.c.Snd.UNA {
		t.Error("not the first segment was sent")
	}
}

func TestALostRetransmissionIsNoticedWithoutATimeout(t *testing.T) {
	s := sending(t, usual(), 8)
	again := 0
	for range 30 {
		s.get(ack, 0, 0, "")
		for _, seg := range s.out.Segments {
			if seg.Seq == s.c.Snd.UNA {
				again++
			}
		}
	}
	if again < 2 || again > 4 {
		t.Errorf("30 duplicate ACKs made it send the first segment %d times", again)
	}
}

func TestATimeoutStartsSlowlyFromTheFirstHole(t *testing.T) {
	s := sending(t, usual(), 8)
	una := s.c.Snd.UNA
	s.timeout(tcp.Retransmission).wants(tcp.Established, ack)
	if s.sent().Seq != una {
		t.Error("not the first segment was sent again")
	}
	s.get(ack, 0, 100, "").wants(tcp.Established, ack, ack)
	s.get(ack, 0, 700, "").wants(tcp.Established) // the peer had kept the rest
	if s.c.Queued() != 0 {
		t.Errorf("%d bytes are queued after all were acknowledged", s.c.Queued())
	}
}
