package tracer

import (
	"testing"
	"time"
)

func closedRecord(cookie uint64, pid int, end End) *Record {
	p := Process{PID: pid, Start: time.Duration(pid), Name: "p"}
	return &Record{Event: Closed, Cookie: cookie, Life: Life{Opener: p, Closer: p, Course: Course{First: Us, End: end}}}
}

func TestLedgerForgetsTheOldestAndCountsThem(t *testing.T) {
	l := NewLedger(3)
	for cookie := range uint64(5) {
		l.Add(closedRecord(cookie, int(cookie), EndTimeWait))
	}
	if n, forgotten := l.Len(); n != 3 || forgotten != 2 {
		t.Errorf("%d remembered, %d forgotten", n, forgotten)
	}
	for cookie := range uint64(5) {
		life, ok := l.Find(cookie)
		if ok != (cookie >= 2) || ok && (life.Closer.PID != int(cookie) || life.First != Us || life.End != EndTimeWait) {
			t.Errorf("cookie %d: %v %+v", cookie, ok, life)
		}
	}
	if len(l.people) != 3 {
		t.Errorf("%d processes are kept for 3 connections", len(l.people))
	}
}

func TestLedgerSharesTheProcessesOfItsConnections(t *testing.T) {
	l := NewLedger(100)
	for cookie := range uint64(100) {
		l.Add(closedRecord(cookie, 7, EndFinWait2))
	}
	if len(l.people) != 1 {
		t.Errorf("%d processes, want 1", len(l.people))
	}
	l.Add(closedRecord(100, 8, EndTimeWait))
	if life, ok := l.Find(1); !ok || life.Opener.Name != "p" {
		t.Errorf("a process was forgotten that others share: %+v", life)
	}
}

func TestLedgerTakesOnlyWhatADumpCanShow(t *testing.T) {
	l := NewLedger(10)
	l.Add(closedRecord(1, 1, EndLastAck))
	l.Add(closedRecord(2, 1, EndResetSent))
	l.Add(&Record{Event: Failed, Cookie: 3})
	if n, _ := l.Len(); n != 0 {
		t.Errorf("%d remembered", n)
	}
	l.Add(closedRecord(4, 1, EndTimeWait))
	l.Add(closedRecord(4, 2, EndTimeWait)) // cookies are never used again
	if life, _ := l.Find(4); life.Closer.PID != 1 {
		t.Errorf("%+v", life)
	}
}
