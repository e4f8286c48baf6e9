package tcp_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// figure5 is RFC 9293 figure 5 with what its notes add: from, event, what is
// sent, to, and the section that says so.
func figure5() []tcp.Transition {
	const none = tcp.Flags(0)
	row := func(from tcp.State, event string, sends tcp.Flags, to tcp.State, section string) tcp.Transition {
		t := tcp.Transition{From: from, Event: event, To: to, Section: section}
		if sends != none {
			t.Sends = []tcp.Flags{sends}
		}
		return t
	}
	fin := tcp.FIN | tcp.ACK
	synAck := tcp.SYN | tcp.ACK
	return []tcp.Transition{
		row(tcp.Close, "passive OPEN", none, tcp.Listen, "3.10.1"),
		row(tcp.Close, "active OPEN", tcp.SYN, tcp.SynSent, "3.10.1"),
		row(tcp.Listen, "CLOSE", none, tcp.Close, "3.10.4"),
		row(tcp.Listen, "rcv SYN", synAck, tcp.SynRecv, "3.10.7.2 third"),
		row(tcp.Listen, "SEND", tcp.SYN, tcp.SynSent, "3.10.2"),
		row(tcp.SynSent, "CLOSE", none, tcp.Close, "3.10.4"),
		row(tcp.SynSent, "rcv SYN", synAck, tcp.SynRecv, "3.10.7.3 fourth"), // simultaneous open
		row(tcp.SynSent, "rcv SYN,ACK", tcp.ACK, tcp.Established, "3.10.7.3 fourth"),
		row(tcp.SynRecv, "rcv ACK of SYN", none, tcp.Established, "3.10.7.4 fifth"),
		row(tcp.SynRecv, "rcv SYN,ACK", none, tcp.Established, "3.10.7.4 fifth"), // simultaneous open
		row(tcp.SynRecv, "CLOSE", fin, tcp.FinWait1, "3.10.4"),
		row(tcp.SynRecv, "rcv RST", none, tcp.Listen, "3.10.7.4 second"), // note 1
		row(tcp.SynRecv, "rcv RST", none, tcp.Close, "3.10.7.4 second"),  // note 1, else
		row(tcp.Established, "CLOSE", fin, tcp.FinWait1, "3.10.4"),
		row(tcp.Established, "rcv FIN", tcp.ACK, tcp.CloseWait, "3.10.7.4 eighth"),
		row(tcp.FinWait1, "rcv ACK of FIN", none, tcp.FinWait2, "3.10.7.4 fifth"),
		row(tcp.FinWait1, "rcv FIN", tcp.ACK, tcp.Closing, "3.10.7.4 eighth"),
		row(tcp.FinWait1, "rcv FIN, ACK of FIN", tcp.ACK, tcp.TimeWait, "3.10.7.4 eighth"), // note 2
		row(tcp.FinWait2, "rcv FIN", tcp.ACK, tcp.TimeWait, "3.10.7.4 eighth"),
		row(tcp.CloseWait, "CLOSE", fin, tcp.LastAck, "3.10.4"),
		row(tcp.Closing, "rcv ACK of FIN", none, tcp.TimeWait, "3.10.7.4 fifth"),
		row(tcp.LastAck, "rcv ACK of FIN", none, tcp.Close, "3.10.7.4 fifth"),
		row(tcp.TimeWait, "Timeout=2MSL", none, tcp.Close, "3.10.8 TIME-WAIT"),
		// Note 3: resets.
		row(tcp.SynSent, "rcv RST", none, tcp.Close, "3.10.7.3 second"),
		row(tcp.Established, "rcv RST", none, tcp.Close, "3.10.7.4 second"),
		row(tcp.FinWait1, "rcv RST", none, tcp.Close, "3.10.7.4 second"),
		row(tcp.FinWait2, "rcv RST", none, tcp.Close, "3.10.7.4 second"),
		row(tcp.CloseWait, "rcv RST", none, tcp.Close, "3.10.7.4 second"),
		row(tcp.Closing, "rcv RST", none, tcp.Close, "3.10.7.4 second"),
		row(tcp.LastAck, "rcv RST", none, tcp.Close, "3.10.7.4 second"),
		row(tcp.TimeWait, "rcv RST", none, tcp.Close, "3.10.7.4 second"),
	}
}

func has(table []tcp.Transition, want tcp.Transition) bool {
	return slices.ContainsFunc(table, func(t tcp.Transition) bool {
		return t.From == want.From && t.Event == want.Event && t.To == want.To &&
			fmt.Sprint(t.Sends) == fmt.Sprint(want.Sends) && strings.Contains(t.Section, want.Section)
	})
}

func TestExploreFindsEveryTransitionOfFigure5(t *testing.T) {
	table := tcp.Explore(tcp.Params{TimeWait: time.Minute, Timestamps: true})
	for _, want := range figure5() {
		t.Run(fmt.Sprintf("%s %s %s to %s", want.Section, want.From, want.Event, want.To), func(t *testing.T) {
			if !has(table, want) {
				t.Errorf("no such transition: sends %v", want.Sends)
			}
		})
	}
}

// TestExploreMovesOnlyAsFigure5Does turns the question round: every change of
// state that the machine makes is in the figure, or is named here.
func TestExploreMovesOnlyAsFigure5Does(t *testing.T) {
	known := map[[2]tcp.State]string{
		{tcp.Listen, tcp.SynSent}:    "active OPEN of a passive connection",
		{tcp.SynRecv, tcp.CloseWait}: "the FIN comes with the ACK of the SYN",
		{tcp.SynRecv, tcp.Closing}:   "the same after CLOSE",
		{tcp.SynRecv, tcp.FinWait1}:  "CLOSE",
		{tcp.SynRecv, tcp.TimeWait}:  "the SYN that ended TIME-WAIT was an old duplicate",
		{tcp.SynSent, tcp.FinWait1}:  "CLOSE before the SYN-ACK",
		{tcp.TimeWait, tcp.SynRecv}:  "a new SYN ends TIME-WAIT",
		{tcp.FinWait1, tcp.TimeWait}: "note 2",
	}
	for _, row := range figure5() {
		known[[2]tcp.State{row.From, row.To}] = row.Event
	}
	for _, row := range tcp.Explore(tcp.Params{TimeWait: time.Minute, Timestamps: true, FinTimeout: time.Minute}) {
		if row.From == row.To || row.To == tcp.Close {
			continue
		}
		if known[[2]tcp.State{row.From, row.To}] == "" {
			t.Errorf("%s to %s on %q: %s", row.From, row.To, row.Event, row.Section)
		}
	}
}

func TestExploreIsStableAndHasNoRowTwice(t *testing.T) {
	for _, linux := range []bool{false, true} {
		p := tcp.Params{TimeWait: time.Minute, Timestamps: true, Linux: linux, FinTimeout: time.Minute}
		table := tcp.Explore(p)
		seen := map[string]bool{}
		for _, row := range table {
			key := fmt.Sprintf("%+v", row)
			if seen[key] {
				t.Errorf("twice: %s", key)
			}
			seen[key] = true
			if row.Section == "" || row.Event == "" {
				t.Errorf("a row without its section or event: %s", key)
			}
		}
		if fmt.Sprint(tcp.Explore(p)) != fmt.Sprint(table) {
			t.Error("a second run gives another table")
		}
	}
}

func TestExploreFollowsTheParameters(t *testing.T) {
	minute := time.Minute
	inTimeWait := func(event string, sends ...tcp.Flags) tcp.Transition {
		return tcp.Transition{From: tcp.TimeWait, Event: event, Sends: sends, To: tcp.TimeWait}
	}
	f1 := inTimeWait("rcv RST")
	f1.Section = "RFC 1337"
	if !has(tcp.Explore(tcp.Params{TimeWait: minute, RFC1337: true}), f1) {
		t.Error("with RFC1337 a reset does not stay without effect")
	}
	if !has(tcp.Explore(tcp.Params{TimeWait: minute}), inTimeWait("rcv FIN again", tcp.ACK)) {
		t.Error("a retransmitted FIN is not answered in TIME-WAIT")
	}
	again := tcp.Transition{From: tcp.TimeWait, Event: "rcv new SYN", Sends: []tcp.Flags{tcp.SYN | tcp.ACK}, To: tcp.SynRecv}
	for _, p := range []tcp.Params{{TimeWait: minute}, {TimeWait: minute, Linux: true}} {
		if !has(tcp.Explore(p), again) || !has(tcp.Explore(p), inTimeWait("rcv new SYN", tcp.ACK)) {
			t.Errorf("%+v: a new SYN in TIME-WAIT, with and without a listener, is missing", p)
		}
	}
	for _, row := range tcp.Explore(tcp.Params{}) {
		if row.From == tcp.TimeWait || row.To == tcp.TimeWait {
			t.Errorf("without TIME-WAIT there is %+v", row)
		}
	}
	orphan := tcp.Transition{From: tcp.FinWait2, Event: "Timeout=fin_timeout", To: tcp.Close, Section: "Linux tcp_fin_timeout"}
	if !has(tcp.Explore(tcp.Params{TimeWait: minute, FinTimeout: minute}), orphan) {
		t.Error("no tcp_fin_timeout")
	}
}
