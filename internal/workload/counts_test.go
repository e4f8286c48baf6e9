package workload

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestEveryNumberHasItsJSONName(t *testing.T) {
	c := Counts{
		Opened: 1, Open: 2, Ended: 3, Answered: 4, Failures: 5, Errnos: map[string]uint64{"EADDRINUSE": 6, Timeout: 7},
		Children: 8, Bytes: 9, OddPorts: 10, EvenPorts: 11, DistinctPorts: 12,
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	delete(fields, "errnos")
	for name, want := range fields {
		if got, ok := c.Named(name); !ok || float64(got) != want {
			t.Errorf("%s is %d, %v; want %v", name, got, ok, want)
		}
	}
	for name, want := range map[string]uint64{"EADDRINUSE": 6, Timeout: 7, "ECONNRESET": 0, WrongByte: 0} {
		if got, ok := c.Named(name); !ok || got != want {
			t.Errorf("%s is %d, %v; want %d", name, got, ok, want)
		}
	}
	if _, ok := c.Named("nonsense"); ok {
		t.Error("nonsense is a count")
	}
}

func TestMedianIsWithinOnePercent(t *testing.T) {
	for range 100 {
		var l latency
		var all []time.Duration
		for range 1 + rand.IntN(200) {
			d := time.Duration(math.Exp(rand.Float64() * 25))
			all = append(all, d)
			l.add(d)
		}
		slices.Sort(all)
		want := float64(all[(len(all)-1)/2])
		if got := float64(l.median()); math.Abs(got-want) > want/100+0.5 {
			t.Fatalf("median of %v is %v, not %v", all, got, want)
		}
	}
}

func TestMedianOfExtremes(t *testing.T) {
	var l latency
	if l.median() != 0 {
		t.Error("median of nothing")
	}
	l.add(-1)
	if l.median() != 0 {
		t.Error("a negative duration is none")
	}
	l = latency{}
	l.add(math.MaxInt64)
	if got := float64(l.median()); got < 0.99*math.MaxInt64 {
		t.Errorf("%g", got)
	}
}

func TestPortSetKnowsEachPortOnce(t *testing.T) {
	var s portSet
	for _, port := range []uint16{0, 63, 64, 65535} {
		if !s.add(port) || s.add(port) {
			t.Errorf("port %d", port)
		}
	}
}
