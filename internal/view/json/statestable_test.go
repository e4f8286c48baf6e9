package json

import (
	"bytes"
	"testing"

	"github.com/linger-dev/linger/internal/tcp"
)

func TestStatesTableSaysStatesAndFlagsInWords(t *testing.T) {
	var out bytes.Buffer
	err := New(&out).StatesTable([]tcp.Transition{
		{From: tcp.FinWait1, Event: "rcv <FIN>", Sends: []tcp.Flags{tcp.SYN | tcp.ACK, tcp.FIN}, To: tcp.Closing, Section: "RFC"},
		{From: tcp.TimeWait, Event: "rcv ACK", To: tcp.TimeWait, Section: "RFC"},
	}, true)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"schema":"linger.states-table/1","linux":true,"transitions":[` +
		`{"from":"FIN_WAIT1","event":"rcv \u003cFIN\u003e","sends":["SYN+ACK","FIN"],"to":"CLOSING","section":"RFC"},` +
		`{"from":"TIME_WAIT","event":"rcv ACK","sends":[],"to":"TIME_WAIT","section":"RFC"}]}` + "\n"
	if out.String() != want {
		t.Errorf("got  %s\nwant %s", out.String(), want)
	}
}
