package evidence_test

import (
	"encoding/json"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

func wire() tcp.FourTuple {
	return tcp.FourTuple{Src: netip.MustParseAddrPort("10.0.0.1:40000"), Dst: netip.MustParseAddrPort("10.0.0.2:80")}
}

func TestTimelineSurvivesJSON(t *testing.T) {
	line := evidence.Timeline{Hosts: []string{"a", "b"}}
	line.AddSegment(evidence.Passage{
		At: 1, Until: 2, From: "a", To: "b", Tuple: wire(), Flags: tcp.FIN | tcp.ACK, Seq: -5, Ack: 7, Len: 9,
		Fate: evidence.Delayed, ByHand: true,
	})
	line.AddState(evidence.Stay{Host: "a", Tuple: wire(), State: tcp.TimeWait, From: 3, Open: true})
	line.AddNote(evidence.Remark{At: 4, Host: "b", Text: "close()"})
	line.Dropped.States = 3
	text, err := json.Marshal(line)
	if err != nil {
		t.Fatal(err)
	}
	var got evidence.Timeline
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(line, got, cmpopts.EquateComparable(netip.AddrPort{})); diff != "" {
		t.Error(diff)
	}
	if got.End != 4 {
		t.Errorf("end %d, but the last event is at 4", got.End)
	}
}

func TestTimelineIsBoundedAndCountsTheRest(t *testing.T) {
	var line evidence.Timeline
	for range evidence.MaxPassages + 3 {
		line.AddSegment(evidence.Passage{})
	}
	for range evidence.MaxStays + 2 {
		line.AddState(evidence.Stay{})
	}
	for range evidence.MaxRemarks + 1 {
		line.AddNote(evidence.Remark{})
	}
	if len(line.Segments) != evidence.MaxPassages || len(line.States) != evidence.MaxStays || len(line.Notes) != evidence.MaxRemarks {
		t.Errorf("%d segments, %d states, %d notes", len(line.Segments), len(line.States), len(line.Notes))
	}
	if want := (evidence.Dropped{Segments: 3, States: 2, Notes: 1}); line.Dropped != want {
		t.Errorf("dropped %+v, want %+v", line.Dropped, want)
	}
}

func TestTimelineSortsByTimeAndKeepsTies(t *testing.T) {
	var line evidence.Timeline
	for i, at := range []time.Duration{2, 1, 2, 1} {
		line.AddSegment(evidence.Passage{At: at, Len: i})
		line.AddState(evidence.Stay{From: at, State: tcp.State(i)})
		line.AddNote(evidence.Remark{At: at, Text: string(rune('0' + i))})
	}
	line.Sort()
	for i, want := range []int{1, 3, 0, 2} {
		if line.Segments[i].Len != want || line.States[i].State != tcp.State(want) || line.Notes[i].Text != string(rune('0'+want)) {
			t.Errorf("place %d has %d, %d, %s, want %d", i, line.Segments[i].Len, line.States[i].State, line.Notes[i].Text, want)
		}
	}
}

func TestAnOpenStayLastsUntilTheEndOfLooking(t *testing.T) {
	if got := (evidence.Stay{From: 5, Open: true}).Length(12); got != 7 {
		t.Errorf("open: %d", got)
	}
	if got := (evidence.Stay{From: 5, Until: 9}).Length(12); got != 4 {
		t.Errorf("ended: %d", got)
	}
}

// seen is a segment with its absolute and relative numbers.
type seen struct {
	back     bool // from the other end
	flags    tcp.Flags
	seq, ack tcp.Seq
	relSeq   int64
	relAck   int64
}

func checkRelative(t *testing.T, segments []seen) {
	t.Helper()
	var r evidence.Relative
	for i, s := range segments {
		way := wire()
		if s.back {
			way = way.Reverse()
		}
		seq, ack := r.Of(way, s.flags, s.seq, s.ack)
		if seq != s.relSeq || ack != s.relAck {
			t.Errorf("segment %d: seq %d ack %d, want %d and %d", i, seq, ack, s.relSeq, s.relAck)
		}
	}
}

func TestNumbersCountFromTheSynAcrossTheWrap(t *testing.T) {
	checkRelative(t, []seen{
		{false, tcp.SYN, 0xfffffff0, 0, 0, 0},
		{false, tcp.SYN, 0xfffffff0, 0, 0, 0}, // retransmitted
		{true, tcp.SYN | tcp.ACK, 500, 0xfffffff1, 0, 1},
		{false, tcp.ACK, 0xfffffff1, 501, 1, 1},
		{true, tcp.ACK, 501, 0x54, 1, 100},
		{false, tcp.ACK, 0xffffffe0, 501, -16, 1}, // older than the connection
		{false, tcp.RST, 0x54, 0, 100, 0},
	})
}

func TestNumbersGoOnBeyondFourGigabytes(t *testing.T) {
	list := []seen{{false, tcp.SYN, 7, 0, 0, 0}}
	for i := int64(1); i < 12; i++ {
		list = append(list, seen{false, tcp.ACK, 7 + tcp.Seq(uint32(i<<30)), 0, i << 30, 1})
	}
	list[1].relAck = 1
	for i := range list[1:] {
		list[i+1].ack = 9
	}
	checkRelative(t, list)
}

func TestWithoutASynTheFirstNumberIsOne(t *testing.T) {
	checkRelative(t, []seen{
		{false, tcp.ACK, 1000, 2000, 1, 1},
		{true, tcp.ACK, 2000, 1010, 1, 11},
	})
}

func TestARefusalIsAnsweredInTheNumbersOfTheSyn(t *testing.T) {
	checkRelative(t, []seen{
		{false, tcp.SYN, 1000, 0, 0, 0},
		{true, tcp.RST | tcp.ACK, 0, 1001, 1, 1},
		{false, tcp.SYN, 70_000, 0, 0, 0}, // the next try
		{true, tcp.SYN | tcp.ACK, 5000, 70_001, 0, 1},
		{false, tcp.ACK, 70_001, 5001, 1, 1},
	})
}

func TestANewConnectionOfTheSameTupleBeginsAtZero(t *testing.T) {
	checkRelative(t, []seen{
		{false, tcp.SYN, 1000, 0, 0, 0},
		{true, tcp.SYN | tcp.ACK, 5000, 1001, 0, 1},
		{false, tcp.SYN, 90_000, 0, 0, 0},
		{true, tcp.SYN | tcp.ACK, 600_000, 90_001, 0, 1},
		{false, tcp.ACK, 90_001, 600_001, 1, 1},
	})
}

func TestAnOldSynThatIsRefusedLeavesTheNumbersAlone(t *testing.T) {
	checkRelative(t, []seen{
		{false, tcp.SYN, 1000, 0, 0, 0},
		{true, tcp.SYN | tcp.ACK, 5000, 1001, 0, 1},
		{false, tcp.SYN, 90, 0, 0, 0},
		{true, tcp.ACK, 5001, 1001, 1, 1},
		{false, tcp.RST, 5001, 0, 4001, 0},
	})
}
