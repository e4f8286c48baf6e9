package tcp_test

import (
	"strings"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// window lets the peer's window be n.
func (s *script) window(n uint16) *script {
	s.t.Helper()
	return s.do(tcp.Event{Kind: tcp.Arrive, Segment: tcp.Segment{Flags: ack, Seq: s.c.Rcv.NXT, Ack: s.c.Snd.UNA, Window: n}})
}

func TestSection3_8_6_1AClosedWindowIsProbedWithOneByte(t *testing.T) {
	s := in(t, usual(), tcp.Established).window(0).send("abc").wants(tcp.Established)
	s.timeout(tcp.Persist).wants(tcp.Established, ack)
	if got := string(s.sent().Data); got != "a" {
		t.Fatalf("the probe carries %q", got)
	}
	first := s.now
	s.window(0).timeout(tcp.Persist).wants(tcp.Established, ack)
	second := s.now
	s.window(0).timeout(tcp.Persist)
	if s.now-second != 2*(second-first) {
		t.Errorf("the probes are %s and %s apart, want twice as long", second-first, s.now-second)
	}
	s.window(1000).wants(tcp.Established, ack|tcp.PSH)
	if got := s.sent(); string(got.Data) != "abc" || got.Seq != s.c.Snd.UNA {
		t.Errorf("the open window let %q out", got.Data)
	}
}

func TestAnAckWhileAProbeIsOutLiesInsideThePeersWindow(t *testing.T) {
	s := in(t, usual(), tcp.Established).window(0).send("abc").timeout(tcp.Persist)
	early := tcp.Segment{Flags: ack, Seq: s.c.Rcv.NXT + 5, Ack: s.c.Snd.UNA, Data: []byte("x")}
	s.do(tcp.Event{Kind: tcp.Arrive, Segment: early}).wants(tcp.Established, ack) // out of order: answered at once
	if got := s.sent().Seq; got != s.c.Snd.UNA {
		t.Errorf("the ACK has number SND.UNA%+d, and the peer takes only SND.UNA", got.Sub(s.c.Snd.UNA))
	}
}

func TestLinuxProbesWithoutData(t *testing.T) {
	s := in(t, tcp.Params{Linux: true}, tcp.Established).window(0).send("abc").timeout(tcp.Persist).wants(tcp.Established, ack)
	if got := s.sent(); len(got.Data) != 0 || got.Seq != s.c.Snd.UNA-1 {
		t.Errorf("the probe is %q at SND.UNA%+d", got.Data, got.Seq.Sub(s.c.Snd.UNA))
	}
}

func TestAFinIsProbedForLikeData(t *testing.T) {
	s := in(t, usual(), tcp.Established).window(0).call(tcp.CloseCall).wants(tcp.FinWait1)
	s.timeout(tcp.Persist).wants(tcp.FinWait1, finAck)
	s.get(ack, 0, 1, "").wants(tcp.FinWait2)
}

func TestProbesThatAreAnsweredGoOnForEver(t *testing.T) {
	s := in(t, tcp.Params{Retries: 2}, tcp.Established).window(0).send("xy")
	for range 20 {
		s.timeout(tcp.Persist).wants(tcp.Established, ack).window(0).wants(tcp.Established)
	}
	s.timeout(tcp.Persist).timeout(tcp.Persist).wants(tcp.Established, ack)
	s.timeout(tcp.Persist).wants(tcp.Close).signals(tcp.TimedOut, tcp.Closed)
}

func TestSection3_8_6_3AcksAreDelayedButNotBeyondTheSecondSegment(t *testing.T) {
	p := tcp.Params{MSS: 100}
	s := in(t, p, tcp.Established).get(ack, 0, 0, strings.Repeat("x", 100)).wants(tcp.Established)
	since := s.now
	if s.timeout(tcp.DelayedAck).wants(tcp.Established, ack); s.now-since != 40*time.Millisecond {
		t.Errorf("the ACK came after %s, want 40 ms", s.now-since)
	}
	s.get(ack, 0, 0, strings.Repeat("x", 100)).wants(tcp.Established)
	s.get(ack, 0, 0, strings.Repeat("x", 100)).wants(tcp.Established, ack)
	s.get(ack, 0, 0, "x").send("y").wants(tcp.Established, ack|tcp.PSH) // data carries it
	if _, at, _ := s.c.Next(); at == s.c.Deadlines[tcp.DelayedAck] {
		t.Error("an ACK is still waiting")
	}
}

func TestSection3_7_4NagleKeepsSmallSegmentsBack(t *testing.T) {
	s := in(t, usual(), tcp.Established).send("a").wants(tcp.Established, ack|tcp.PSH)
	s.send("b").wants(tcp.Established).send("c").wants(tcp.Established)
	s.get(ack, 0, 1, "").wants(tcp.Established, ack|tcp.PSH)
	if got := string(s.sent().Data); got != "bc" {
		t.Errorf("the ACK let %q out", got)
	}
	in(t, tcp.Params{NoDelay: true}, tcp.Established).send("a").send("b").wants(tcp.Established, ack|tcp.PSH)
}

func TestSection3_8_6_2_1ASillyWindowIsNotUsedUntilTheOverride(t *testing.T) {
	s := in(t, usual(), tcp.Established).window(100).send(strings.Repeat("x", 1000)).wants(tcp.Established)
	s.timeout(tcp.Persist).wants(tcp.Established, ack)
	if got := len(s.sent().Data); got != 100 {
		t.Errorf("the override sent %d bytes, want 100", got)
	}
}

func TestWindowsAreScaledOnlyIfBothEndsOffer(t *testing.T) {
	p := tcp.Params{Window: 1 << 20}
	s := in(t, p, tcp.Listen).arrive(syn(&script{p: p})).wants(tcp.SynRecv, synAck)
	if got := s.sent(); !got.Options.HasScale || got.Options.WindowScale != 5 || got.Window != 65535 {
		t.Errorf("the SYN-ACK offers %+v, window %d", got.Options, got.Window)
	}
	s.get(ack, 0, 1, "").get(ack, 0, 0, "x").timeout(tcp.DelayedAck)
	if got := uint32(s.sent().Window) << 5; got != (1<<20-1)>>5<<5 {
		t.Errorf("the window is %d, want all but a byte of 1 MiB", got)
	}
	if s.c.Snd.WND != 65535<<7 {
		t.Errorf("the peer's window is %d, want 65535 << 7", s.c.Snd.WND)
	}
	plain := in(t, p, tcp.Listen).arrive(tcp.Segment{Flags: tcp.SYN, Seq: theirs})
	if got := plain.sent(); got.Options.HasScale || plain.c.Rcv.WND != 65535 {
		t.Errorf("a peer that does not scale was offered it, or a window of %d", plain.c.Rcv.WND)
	}
	if got := in(t, tcp.Params{}, tcp.SynSent).sent(); got.Options.HasScale {
		t.Error("a scale is offered for a window that needs none")
	}
}

func TestSegmentsFitThePeersMSSWithTheOptions(t *testing.T) {
	p := tcp.Params{Timestamps: true}
	s := in(t, p, tcp.Listen)
	s.arrive(tcp.Segment{Flags: tcp.SYN, Seq: theirs, Options: tcp.Options{MSS: 500, HasTimestamps: true}})
	if s.c.Snd.MSS != 488 {
		t.Errorf("with 12 bytes of options segments carry %d bytes, want 488", s.c.Snd.MSS)
	}
	if got := s.sent().Options; got.MSS != 1460 || !got.HasTimestamps {
		t.Errorf("the SYN-ACK has %+v", got)
	}
	tiny := in(t, p, tcp.Listen).arrive(tcp.Segment{Flags: tcp.SYN, Options: tcp.Options{MSS: 1}})
	if tiny.c.Snd.MSS != 48 {
		t.Errorf("an MSS of 1 became %d", tiny.c.Snd.MSS)
	}
}

func TestTimestampsMissingLater(t *testing.T) {
	stamped := tcp.Options{HasTimestamps: true, TSVal: 9}
	for _, linux := range []bool{false, true} {
		p := tcp.Params{Timestamps: true, Linux: linux}
		s := in(t, p, tcp.Listen).arrive(tcp.Segment{Flags: tcp.SYN, Seq: theirs, Options: stamped})
		s.arrive(tcp.Segment{Flags: ack, Seq: theirs + 1, Ack: ours + 1, Options: stamped}).wants(tcp.Established)
		s.get(ack, 0, 0, "bare")
		if took := s.out.Data != nil; took != linux {
			t.Errorf("Linux %t: a segment without timestamps was taken: %t", linux, took)
		}
		s.get(tcp.RST, 0, 0, "").wants(tcp.Close)
	}
}
