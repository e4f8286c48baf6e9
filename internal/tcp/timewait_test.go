package tcp_test

import (
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// waiting is a connection in TIME-WAIT for half its time. With stamps, the
// peer's last timestamp was 100.
func waiting(t *testing.T, p tcp.Params) *script {
	t.Helper()
	p.TimeWait = time.Minute
	s := newScript(t, p).call(tcp.OpenPassive)
	stamps := func(seg tcp.Segment) *script {
		if p.Timestamps {
			seg.Options = tcp.Options{HasTimestamps: true, TSVal: 100, TSEcr: s.p.Timestamp(s.now)}
		}
		return s.arrive(seg)
	}
	stamps(tcp.Segment{Flags: tcp.SYN, Seq: theirs})
	stamps(tcp.Segment{Flags: ack, Seq: theirs + 1, Ack: ours + 1}).wants(tcp.Established)
	s.call(tcp.CloseCall)
	stamps(tcp.Segment{Flags: ack | tcp.FIN, Seq: theirs + 1, Ack: ours + 2}).wants(tcp.TimeWait, ack)
	return s.later(30 * time.Second)
}

// stray is a segment in TIME-WAIT, and what becomes of it.
type stray struct {
	name    string
	flags   tcp.Flags
	seq     int
	data    string
	tsval   uint32 // 0: no timestamps
	answer  tcp.Flags
	to      tcp.State
	restart bool
}

// arriveStrays lets each segment come to a fresh connection in TIME-WAIT.
func arriveStrays(t *testing.T, p tcp.Params, listener bool, strays []stray) {
	t.Helper()
	for _, x := range strays {
		t.Run(x.name, func(t *testing.T) {
			s := waiting(t, p)
			s.c.Listener = listener
			seg := tcp.Segment{Flags: x.flags, Seq: s.c.Rcv.NXT + tcp.Seq(x.seq), Ack: s.c.Snd.NXT, Data: []byte(x.data)}
			if x.tsval != 0 {
				seg.Options = tcp.Options{HasTimestamps: true, TSVal: x.tsval}
			}
			old, nxt := s.c.Deadlines[tcp.TimeWaitTimer], s.c.Snd.NXT
			s.arrive(seg)
			if x.answer == 0 {
				s.wants(x.to)
			} else {
				s.wants(x.to, x.answer)
			}
			if got := s.c.Deadlines[tcp.TimeWaitTimer] > old; got != x.restart {
				t.Errorf("timer restarted: %t, want %t", got, x.restart)
			}
			if x.to == tcp.SynRecv && s.sent().Seq != nxt+65537 {
				t.Errorf("the new ISS is SND.NXT+%d, want +65537", s.sent().Seq-nxt)
			}
		})
	}
}

const (
	synAck = tcp.SYN | tcp.ACK
	finAck = tcp.FIN | tcp.ACK
)

func TestTimeWaitByTheRFCs(t *testing.T) {
	arriveStrays(t, tcp.Params{}, true, []stray{
		{"3.10.7.4 fifth, the FIN again", finAck, -1, "", 0, ack, tcp.TimeWait, true},
		{"3.10.7.4 fifth, data and FIN again", finAck, -4, "abc", 0, ack, tcp.TimeWait, true},
		{"3.10.7.4 fifth, bare ACK", ack, 0, "", 0, 0, tcp.TimeWait, false},
		{"3.10.7.4 first, old ACK", ack, -1, "", 0, ack, tcp.TimeWait, false},
		{"3.10.7.4 first, old data", ack, -100, "x", 0, ack, tcp.TimeWait, false},
		{"3.10.7.4 seventh, new data", ack, 0, "x", 0, ack, tcp.TimeWait, false},
		{"3.10.7.4 fifth, no ACK", 0, 0, "x", 0, 0, tcp.TimeWait, false},
		{"3.10.7.4 second, RST", tcp.RST, 0, "", 0, 0, tcp.Close, false},
		{"RFC 5961, RST in the window", tcp.RST, 1, "", 0, ack, tcp.TimeWait, false},
		{"3.10.7.4 second, RST outside", tcp.RST, -1, "", 0, 0, tcp.TimeWait, false},
		{"3.6.1 MAY-2, SYN right after the FIN", tcp.SYN, 0, "", 0, synAck, tcp.SynRecv, false},
		{"3.6.1 MAY-2, SYN far ahead", tcp.SYN, 1 << 20, "", 0, synAck, tcp.SynRecv, false},
		{"3.10.7.4 fourth, old SYN", tcp.SYN, -1, "", 0, ack, tcp.TimeWait, false},
		{"3.10.7.4 fourth, SYN-ACK", synAck, 5, "", 0, ack, tcp.TimeWait, false},
	})
}

func TestTimeWaitByRFC6191WithTimestampsBefore(t *testing.T) {
	arriveStrays(t, tcp.Params{Timestamps: true}, true, []stray{
		{"greater timestamp, old number", tcp.SYN, -1000, "", 101, synAck, tcp.SynRecv, false},
		{"equal timestamp, greater number", tcp.SYN, 1, "", 100, synAck, tcp.SynRecv, false},
		{"equal timestamp, old number", tcp.SYN, -1, "", 100, 0, tcp.TimeWait, false},
		{"smaller timestamp", tcp.SYN, 1, "", 99, 0, tcp.TimeWait, false},
		{"none, greater number", tcp.SYN, 1, "", 0, synAck, tcp.SynRecv, false},
		{"none, old number", tcp.SYN, -1, "", 0, ack, tcp.TimeWait, false},
		{"RFC 7323 R1, old timestamp", ack, 0, "x", 99, ack, tcp.TimeWait, false},
		{"RFC 7323 R1 spares resets", tcp.RST, 0, "", 99, 0, tcp.Close, false},
	})
}

func TestTimeWaitByRFC6191WithoutTimestampsBefore(t *testing.T) {
	s := waiting(t, tcp.Params{})
	s.p.Timestamps = true
	old := tcp.Segment{Flags: tcp.SYN, Seq: s.c.Rcv.NXT - 1000, Options: tcp.Options{HasTimestamps: true, TSVal: 1}}
	s.arrive(old).wants(tcp.SynRecv, synAck).rule("RFC 6191")
	linux := waiting(t, tcp.Params{Linux: true})
	linux.p.Timestamps = true
	linux.arrive(old).wants(tcp.TimeWait, ack)
}

func TestASynWithoutListenerIsAnsweredWithAnAckNotAReset(t *testing.T) {
	for _, linux := range []bool{false, true} {
		arriveStrays(t, tcp.Params{Linux: linux}, false, []stray{
			{"new", tcp.SYN, 1, "", 0, ack, tcp.TimeWait, false},
			{"old", tcp.SYN, -1, "", 0, ack, tcp.TimeWait, false},
		})
	}
}

// The rows were measured on Linux 6.18 by raw packets.
func TestTimeWaitByLinux(t *testing.T) {
	arriveStrays(t, tcp.Params{Linux: true, Timestamps: true}, true, []stray{
		{"retransmitted FIN", finAck, -1, "", 100, ack, tcp.TimeWait, true},
		{"bare ACK", ack, 0, "", 100, 0, tcp.TimeWait, true},
		{"keepalive", ack, -1, "", 100, ack, tcp.TimeWait, true},
		{"data", ack, 0, "x", 100, ack, tcp.TimeWait, true},
		{"old data", ack, -100, "x", 100, ack, tcp.TimeWait, true},
		{"PAWS", ack, 0, "", 99, ack, tcp.TimeWait, true},
		{"SYN-ACK", synAck, -100, "", 100, ack, tcp.TimeWait, true},
		{"FIN without ACK", tcp.FIN, -1, "", 100, ack, tcp.TimeWait, false},
		{"old SYN", tcp.SYN, -1, "", 100, ack, tcp.TimeWait, false},
		{"SYN that fails PAWS", tcp.SYN, 100, "", 99, ack, tcp.TimeWait, true},
		{"RST", tcp.RST, 0, "", 100, 0, tcp.Close, false},
		{"RST elsewhere", tcp.RST, 1, "", 100, 0, tcp.TimeWait, false},
		{"RST that fails PAWS", tcp.RST, 0, "", 99, 0, tcp.TimeWait, false},
		{"SYN at RCV.NXT, equal timestamp", tcp.SYN, 0, "", 100, ack, tcp.TimeWait, false},
		{"SYN ahead, equal timestamp", tcp.SYN, 1, "", 100, synAck, tcp.SynRecv, false},
		{"old SYN, newer timestamp", tcp.SYN, -100000, "", 101, synAck, tcp.SynRecv, false},
		{"SYN ahead without timestamp", tcp.SYN, 1, "", 0, synAck, tcp.SynRecv, false},
		{"SYN at RCV.NXT without timestamp", tcp.SYN, 0, "", 0, ack, tcp.TimeWait, false},
	})
}

func TestInLinuxABareAckInTimeWaitBringsTheLastTimestamp(t *testing.T) {
	s := waiting(t, tcp.Params{Linux: true, Timestamps: true})
	bare := tcp.Segment{Flags: ack, Seq: s.c.Rcv.NXT, Ack: s.c.Snd.NXT, Options: tcp.Options{HasTimestamps: true, TSVal: 200}}
	s.arrive(bare).wants(tcp.TimeWait)
	again := tcp.Segment{Flags: tcp.SYN, Seq: s.c.Rcv.NXT - 9, Options: tcp.Options{HasTimestamps: true, TSVal: 150}}
	s.arrive(again).wants(tcp.TimeWait, ack)
	again.Options.TSVal = 201
	s.arrive(again).wants(tcp.SynRecv, synAck)
}

func TestRFC1337IgnoresResetsInTimeWait(t *testing.T) {
	for _, linux := range []bool{false, true} {
		arriveStrays(t, tcp.Params{Linux: linux, RFC1337: true}, true, []stray{
			{"exact", tcp.RST, 0, "", 0, 0, tcp.TimeWait, false},
			{"in the window", tcp.RST, 1, "", 0, 0, tcp.TimeWait, false},
		})
	}
}

func TestTimeWaitEndsAfterItsTime(t *testing.T) {
	s := waiting(t, tcp.Params{})
	s.do(tcp.Event{Kind: tcp.Expire, Timer: tcp.TimeWaitTimer}).wants(tcp.TimeWait) // too early
	s.timeout(tcp.TimeWaitTimer).wants(tcp.Close).signals(tcp.Closed).rule("RFC 9293 3.10.8 TIME-WAIT")
}

func TestASynThatWasAnOldDuplicateGivesTimeWaitBack(t *testing.T) {
	s := waiting(t, tcp.Params{})
	before := s.c
	s.get(tcp.SYN, 1, 0, "").wants(tcp.SynRecv, synAck)
	s.get(tcp.RST, 0, 0, "").wants(tcp.TimeWait)
	if s.c.Rcv.NXT != before.Rcv.NXT || s.c.Deadlines != before.Deadlines {
		t.Error("TIME-WAIT is not as it was")
	}
	linux := waiting(t, tcp.Params{Linux: true})
	linux.get(tcp.SYN, 1, 0, "").wants(tcp.SynRecv, synAck)
	linux.get(tcp.RST, 0, 0, "").wants(tcp.Listen) // the TIME_WAIT was destroyed
}

func TestAConnectionThatFollowsTimeWaitCarriesData(t *testing.T) {
	for _, linux := range []bool{false, true} {
		s := waiting(t, tcp.Params{Linux: linux}).get(tcp.SYN, 1, 0, "").wants(tcp.SynRecv, synAck)
		s.get(ack, 0, 1, "").wants(tcp.Established).signals(tcp.Connected)
		s.get(ack, 0, 0, "fresh")
		if string(s.out.Data) != "fresh" {
			t.Errorf("it gave %q", s.out.Data)
		}
	}
}

// orphaned is an orphan in FIN-WAIT-2, which in Linux is a mini-socket.
func orphaned(t *testing.T, p tcp.Params) *script {
	t.Helper()
	return in(t, p, tcp.Established).call(tcp.Release).get(ack, 0, 1, "").wants(tcp.FinWait2)
}

func TestLinuxMiniSocketInFinWait2(t *testing.T) {
	p := tcp.Params{Linux: true, TimeWait: time.Minute, FinTimeout: time.Minute}
	orphaned(t, p).get(finAck, 0, 0, "").wants(tcp.TimeWait, ack)
	orphaned(t, p).get(tcp.RST, 5, 0, "").wants(tcp.Close)
	orphaned(t, p).get(tcp.SYN, 0, 0, "").wants(tcp.Close, tcp.RST|ack)
	orphaned(t, p).get(tcp.SYN, -5, 0, "").wants(tcp.FinWait2, ack)
	orphaned(t, p).get(ack, 0, 0, "x").wants(tcp.Close, tcp.RST)
	orphaned(t, p).get(finAck, 0, 0, "x").wants(tcp.Close, tcp.RST)
	orphaned(t, p).get(ack, 0, 0, "").wants(tcp.FinWait2)
	orphaned(t, p).get(ack, -1, 0, "").wants(tcp.FinWait2, ack)
}

func TestFinTimeoutEndsOrphansOnly(t *testing.T) {
	for _, x := range []struct {
		linux          bool
		timeout, lives time.Duration
	}{
		{false, time.Minute, time.Minute},
		{true, time.Minute, time.Minute},
		{true, time.Millisecond, 700 * time.Millisecond}, // 3.5 time-outs of 200 ms
		{false, 65 * time.Second, 65 * time.Second},
		{true, 65 * time.Second, 10 * time.Second},
		{true, 120 * time.Second, 120 * time.Second},
	} {
		s := orphaned(t, tcp.Params{Linux: x.linux, TimeWait: time.Minute, FinTimeout: x.timeout})
		since := s.now
		s.timeout(tcp.UserTimeout).wants(tcp.Close).rule("Linux tcp_fin_timeout")
		if got := s.now - since; got != x.lives {
			t.Errorf("Linux %t, tcp_fin_timeout %s: the orphan lived %s, want %s", x.linux, x.timeout, got, x.lives)
		}
	}
	s := in(t, tcp.Params{TimeWait: time.Minute, FinTimeout: time.Minute}, tcp.FinWait2)
	if timer, _, ok := s.c.Next(); ok {
		t.Errorf("%s runs in FIN-WAIT-2 though the user is there", timer)
	}
	s.call(tcp.Release).timeout(tcp.UserTimeout).wants(tcp.Close)
}
