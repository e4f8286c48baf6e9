package closes

import (
	"fmt"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe/tracer"
)

func lingering(cookie uint64, by tracer.Process) tracer.Record {
	return tracer.Record{Event: tracer.Closed, Cookie: cookie, Life: tracer.Life{Closer: by, Course: tracer.Course{End: tracer.EndTimeWait}}}
}

func TestTheLedgerNamesWhoClosed(t *testing.T) {
	passive := lingering(3, at("b", 1e9))
	passive.End = tracer.EndLastAck
	s := &script{
		records:  []tracer.Record{lingering(1, at("a", 1e9)), {Event: tracer.Failed, Cookie: 2}, passive},
		coverage: tracer.Coverage{Closed: 2},
		open:     map[uint64]tracer.Life{4: {Closer: at("c", 1e9)}, 5: {Opener: at("d", 1e9)}},
	}
	var told []uint64
	l := newLedger(watch(t, s), func(c *evidence.Closed) { told = append(told, c.Cookie) })
	if err := l.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	for cookie, want := range map[uint64]string{
		1: "a", // has ended, and lingers
		3: "",  // has ended, and left nothing
		4: "c", // is closing: only the kernel knows
		5: "",  // is open: its opener has not made it linger
		6: "",
	} {
		got := ""
		if m := l.Maker(cookie, false); m != nil {
			got = m.Name
		}
		if got != want {
			t.Errorf("%d was made by %q, want %q", cookie, got, want)
		}
	}
	if traced, err := l.Traced(); err == nil || traced.Closed != 2 { // the script ends with an error
		t.Errorf("%+v, %v", traced, err)
	}
	if err := l.Close(); err != nil || fmt.Sprint(told) != "[1 3]" {
		t.Errorf("told of %v; %v", told, err)
	}
}

func TestMemoryLastsAMinuteAndIsBounded(t *testing.T) {
	start := time.Now()
	m := newMemory(start)
	who := func(pid int) *evidence.Owner { return &evidence.Owner{PID: pid, Start: 1, Name: "w"} }
	if m.put(start, 1, who(1)) != kept || m.put(start, 2, nil) != kept || m.get(2) != nil {
		t.Error("not kept, or nobody was")
	}
	for pid := 2; pid <= mostMakers; pid++ {
		m.put(start, uint64(pid+1000), who(pid))
	}
	if m.put(start, 3, who(mostMakers+1)) != tooMany || m.put(start, 4, who(1)) != kept {
		t.Error("processes are not bounded, or a known one was refused")
	}
	for cookie := uint64(10_000); len(m.young.makers) < mostCookies; cookie++ {
		m.put(start, cookie, who(1))
	}
	if m.put(start, 5, who(1)) != noRoom || len(m.gaps(1, 1)) != 2 || m.gaps(0, 0) != nil {
		t.Error("sockets are not bounded, or it is not said")
	}
	// For as long as a TIME_WAIT lasts, a maker is known; two generations later not.
	after := start.Add(generationLasts + time.Second)
	if m.put(after, 6, who(1)) != kept || m.get(1) == nil {
		t.Error("forgotten too early")
	}
	if m.put(after.Add(generationLasts+time.Second), 7, who(1)); m.get(1) != nil || m.get(6) == nil {
		t.Error("an old generation is still there, or a young one is not")
	}
}
