package tracer

import (
	"strconv"
	"testing"
	"time"
)

func TestKernelConnectionsBeyondTheRowsAreRememberedToo(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	opts := Options{Namespace: l.ns, Records: true, Connections: 2048}
	tr := openTracer(t, opts)
	s, done := collect(t.Context(), tr)
	_, end := l.serve()
	const held = 700 // both ends of each are here
	_, _, stop := l.start("holder", countEnv+"="+strconv.Itoa(held), wayEnv+"=wait")
	for l.established() < 2*held {
		time.Sleep(patience / 10)
	}
	beyond, err := readAll[uint64, bpfConn](tr.maps.Maps["conns"])
	if err != nil {
		t.Fatal(err)
	}
	if least := 2*held - rowsOf(opts)*rowPlaces; len(beyond) < least {
		t.Errorf("%d connections beyond the rows, want %d at least", len(beyond), least)
	}
	for cookie, want := range beyond {
		if life, known, err := tr.Find(cookie); err != nil || !known || uint64(life.Born) != want.Born {
			t.Fatalf("%+v (%v), %v, want %+v", life, known, err, want)
		}
	}
	stop()
	end()
	truths := readTruths(t, l.truth)
	s.awaitAll(truths)
	done()
	truths, _ = withheld(t, tr, s, truths)
	truths, _ = missed(t, tr, s, truths)
	for _, want := range truths {
		records := s.closed[want.cookie]
		if len(records) != 1 || records[0].Opener.PID != want.opener || records[0].Closer.PID != want.closer || records[0].First != want.first {
			t.Errorf("got %+v\nwant %+v", records, want)
		}
	}
	if c, err := tr.Coverage(); err != nil || c.Evicted != 0 {
		t.Errorf("%+v, %v", c, err)
	}
	if beyond, err = readAll[uint64, bpfConn](tr.maps.Maps["conns"]); err != nil || len(beyond) > len(truths)/500 {
		t.Errorf("%d remain, %v", len(beyond), err)
	}
}

func TestRowsTakeAtMostHalfOfTheConnections(t *testing.T) {
	t.Parallel()
	for connections, want := range map[int]int{1: 1, 7: 1, 8: 1, 64: 8, 100: 8, 127: 8, 128: 16, 65536: 8192} {
		if got := rowsOf(Options{Connections: connections}); got != want {
			t.Errorf("%d rows for %d connections, want %d", got, connections, want)
		}
	}
}
