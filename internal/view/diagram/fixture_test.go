package diagram_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/view/diagram"
)

// table is a machine of figure 5, with some of what the figure leaves out. It
// is written down here so that the golden files do not change with the machine.
func table() []tcp.Transition {
	const syn, fin, ack, rst = tcp.SYN, tcp.FIN | tcp.ACK, tcp.ACK, tcp.RST
	row := func(from tcp.State, event string, to tcp.State, sends ...tcp.Flags) tcp.Transition {
		return tcp.Transition{From: from, Event: event, Sends: sends, To: to, Section: "RFC 9293 3.10.7.4 eighth, FIN"}
	}
	return []tcp.Transition{
		row(tcp.Close, "passive OPEN", tcp.Listen),
		row(tcp.Close, "active OPEN", tcp.SynSent, syn),
		row(tcp.Close, "rcv ACK", tcp.Close, rst),
		row(tcp.Listen, "SEND", tcp.SynSent, syn),
		row(tcp.Listen, "CLOSE", tcp.Close),
		row(tcp.Listen, "rcv SYN", tcp.SynRecv, syn|ack),
		row(tcp.SynSent, "CLOSE", tcp.Close),
		row(tcp.SynSent, "rcv SYN", tcp.SynRecv, syn|ack),
		row(tcp.SynSent, "rcv SYN,ACK", tcp.Established, tcp.PSH|ack),
		row(tcp.SynSent, "rcv SYN,ACK", tcp.Established, ack),
		row(tcp.SynSent, "rcv RST", tcp.Close),
		row(tcp.SynRecv, "CLOSE", tcp.FinWait1, fin),
		row(tcp.SynRecv, "rcv ACK of SYN", tcp.Established),
		row(tcp.SynRecv, "rcv FIN", tcp.CloseWait, ack),
		row(tcp.SynRecv, "rcv RST", tcp.Listen),
		row(tcp.SynRecv, "rcv new SYN", tcp.TimeWait),
		row(tcp.Established, "CLOSE", tcp.FinWait1, fin),
		row(tcp.Established, "close(2)", tcp.FinWait1, fin),
		row(tcp.Established, "close(2)", tcp.Close, rst),
		row(tcp.Established, "rcv FIN", tcp.CloseWait, ack),
		row(tcp.Established, "retransmissions exhausted", tcp.Close),
		row(tcp.FinWait1, "rcv ACK of FIN", tcp.FinWait2),
		row(tcp.FinWait1, "rcv FIN", tcp.Closing, ack),
		row(tcp.FinWait1, "rcv FIN, ACK of FIN", tcp.TimeWait, ack),
		row(tcp.FinWait1, "retransmission timeout", tcp.FinWait1, syn|ack, fin),
		row(tcp.FinWait2, "rcv FIN", tcp.TimeWait, ack),
		row(tcp.FinWait2, "Timeout=fin_timeout", tcp.Close),
		row(tcp.CloseWait, "CLOSE", tcp.LastAck, fin),
		row(tcp.CloseWait, "ABORT", tcp.Close, rst),
		row(tcp.Closing, "rcv ACK of FIN", tcp.TimeWait),
		row(tcp.Closing, "rcv FIN, ACK of FIN", tcp.TimeWait),
		row(tcp.LastAck, "rcv ACK of FIN", tcp.Close),
		row(tcp.TimeWait, "rcv new SYN", tcp.SynRecv, syn|ack),
		row(tcp.TimeWait, "rcv FIN again", tcp.TimeWait, ack),
		row(tcp.TimeWait, "rcv old RST", tcp.TimeWait),
		row(tcp.TimeWait, "Timeout=2MSL", tcp.Close),
	}
}

// machines are the tables of the machine itself.
func machines() map[string][]tcp.Transition {
	return map[string][]tcp.Transition{
		"RFC":   tcp.Explore(tcp.Params{TimeWait: 4 * time.Minute, Timestamps: true}),
		"Linux": tcp.Explore(tcp.Params{TimeWait: time.Minute, Timestamps: true, FinTimeout: time.Minute, Linux: true}),
	}
}

func text(t *testing.T, rows []tcp.Transition, o diagram.Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := diagram.Text(&out, rows, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func svg(t *testing.T, rows []tcp.Transition, o diagram.Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := diagram.SVG(&out, rows, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
