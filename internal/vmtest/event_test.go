package vmtest

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func heard(t testing.TB, port io.Reader) (events []Event, others []string) {
	t.Helper()
	err := follow(port, func(e Event) { events = append(events, e) }, func(line []byte) { others = append(others, string(line)) })
	if err != nil {
		t.Fatal(err)
	}
	return events, others
}

func TestEventsAreFoundAmongOtherLines(t *testing.T) {
	const port = "SeaBIOS\r\n{\"kind\":\"ready\",\"data\":\"Ng==\"}\r\n{\"kind\":\"\"}\n[    1.2] oops\n{\"kind\":\"exit\",\"program\":\"p\",\"status\":3}"
	for name, reader := range map[string]io.Reader{
		"at once": strings.NewReader(port), "byte by byte": iotest.OneByteReader(strings.NewReader(port)),
	} {
		events, others := heard(t, reader)
		if len(events) != 2 || events[0].Kind != Ready || string(events[0].Data) != "6" || events[1].Status != 3 {
			t.Errorf("%s: events %+v", name, events)
		}
		if strings.Join(others, "|") != `SeaBIOS|{"kind":""}|[    1.2] oops` {
			t.Errorf("%s: others %q", name, others)
		}
	}
}

func TestThePortMayBringLinesWithoutEnd(t *testing.T) {
	events, others := heard(t, strings.NewReader(strings.Repeat("x", 3*maxLine)+"\n{\"kind\":\"end\"}\n"))
	if len(events) != 1 || events[0].Kind != End || len(others) < 3 {
		t.Errorf("%d events, %d others", len(events), len(others))
	}
}

func TestTheLargestEventFits(t *testing.T) {
	line, err := json.Marshal(Event{Kind: Output, Program: strings.Repeat("p", 64), Data: make([]byte, 1<<15)})
	if err != nil || len(line) >= maxLine {
		t.Errorf("%d bytes, %v", len(line), err)
	}
}

func FuzzFollow(f *testing.F) {
	f.Add([]byte("{\"kind\":\"output\",\"program\":\"p\",\"data\":\"aGVsbG8=\"}\nnoise\r\n"))
	f.Add([]byte("{\"kind\":\"exit\",\"status\":-1}{\"kind\":\"end\"}\n\n\r\r\n"))
	f.Fuzz(func(t *testing.T, port []byte) {
		events, others := heard(t, bytes.NewReader(port))
		again, same := heard(t, iotest.OneByteReader(bytes.NewReader(port)))
		if len(port) < maxLine && (len(events) != len(again) || strings.Join(others, "\n") != strings.Join(same, "\n")) {
			t.Errorf("%d events, %d by the byte", len(events), len(again))
		}
		var r Result
		for _, e := range events {
			r.take(e, 0) // nothing that comes may make it panic
		}
		_ = r.running()
		_ = quietConsole(string(port))
	})
}
