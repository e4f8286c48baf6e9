package tcp_test

import (
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// stampedScript is an ESTABLISHED connection whose peer's last timestamp was 100.
func stampedScript(t *testing.T, p tcp.Params) *script {
	t.Helper()
	p.Timestamps = true
	s := in(t, p, tcp.Listen)
	s.stamped(100, tcp.Segment{Flags: tcp.SYN, Seq: theirs}).wants(tcp.SynRecv, synAck)
	return s.stamped(100, tcp.Segment{Flags: ack, Seq: theirs + 1, Ack: ours + 1}).wants(tcp.Established)
}

func (s *script) stamped(tsval uint32, seg tcp.Segment) *script {
	s.t.Helper()
	seg.Options.HasTimestamps, seg.Options.TSVal = true, tsval
	return s.arrive(seg)
}

// text is the next byte of the peer, or a later one.
func (s *script) text(later int) tcp.Segment {
	return tcp.Segment{Flags: ack, Seq: s.c.Rcv.NXT + tcp.Seq(later), Ack: s.c.Snd.UNA, Data: []byte("x")}
}

func TestRFC7323R1OldTimestampsAreAcknowledgedAndDropped(t *testing.T) {
	s := stampedScript(t, tcp.Params{})
	s.stamped(99, s.text(0)).wants(tcp.Established, ack).rule("RFC 7323 5.3 R1")
	if s.out.Data != nil {
		t.Error("text with an old timestamp was taken")
	}
	if s.stamped(100, s.text(0)); s.out.Data == nil {
		t.Error("text with the same timestamp was refused")
	}
}

func TestRFC7323Section5_5TimestampsGetTooOldToCompare(t *testing.T) {
	s := stampedScript(t, tcp.Params{}).later(24 * 24 * time.Hour)
	if s.stamped(99, s.text(0)); s.out.Data == nil {
		t.Error("after 24 days without a segment the old timestamp still counts")
	}
}

func TestRFC7323Section4_3OnlyWhatSpansTheLastAckIsEchoed(t *testing.T) {
	s := stampedScript(t, tcp.Params{})
	s.stamped(120, s.text(10)).wants(tcp.Established, ack)
	if got := s.sent().Options.TSEcr; got != 100 {
		t.Errorf("out of order text made it echo %d, want 100", got)
	}
	s.stamped(110, s.text(0)).wants(tcp.Established, ack)
	if got := s.sent().Options.TSEcr; got != 110 {
		t.Errorf("text in order made it echo %d, want 110", got)
	}
}

func TestAnOldTimestampSavesLinuxFromAResetForAMinute(t *testing.T) {
	for _, x := range []struct {
		linux bool
		later time.Duration
		to    tcp.State
	}{{false, 0, tcp.Close}, {true, 0, tcp.Established}, {true, time.Minute, tcp.Close}} {
		s := stampedScript(t, tcp.Params{Linux: x.linux}).later(x.later)
		s.stamped(99, tcp.Segment{Flags: tcp.RST, Seq: s.c.Rcv.NXT}).wants(x.to)
	}
}

func TestTheWindowOfASynAckIsNotScaled(t *testing.T) {
	s := in(t, tcp.Params{Window: 1 << 20}, tcp.SynSent)
	reply := tcp.Segment{Flags: synAck, Seq: theirs, Ack: ours + 1, Window: 1000}
	reply.Options.HasScale, reply.Options.WindowScale = true, 7
	if s.arrive(reply).wants(tcp.Established, ack); s.c.Snd.WND != 1000 {
		t.Errorf("the peer's window is %d, want 1000 as it stands: RFC 7323 section 2.2", s.c.Snd.WND)
	}
	if s.get(ack, 0, 0, "x"); s.c.Snd.WND != 65535<<7 {
		t.Errorf("the window of the next segment is %d, want 65535 << 7", s.c.Snd.WND)
	}
}
