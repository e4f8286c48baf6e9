package view_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/view"
)

func closedBy(o *evidence.Owner, first evidence.First, end evidence.End) *evidence.Closed {
	return &evidence.Closed{Closer: o, First: first, End: end}
}

func TestProcessesOfOneNameAtOnePlaceAreOneRow(t *testing.T) {
	s := view.NewTraceSum()
	for pid := range 5 {
		s.Add(closedBy(&evidence.Owner{PID: pid + 1, Name: "curl"}, evidence.Us, evidence.LeftTimeWait))
		s.Add(closedBy(&evidence.Owner{PID: pid + 1, Name: "curl"}, evidence.ResetByThem, "reset received"))
	}
	s.Add(closedBy(&evidence.Owner{PID: 9, Name: "curl", Unit: "a.service"}, evidence.Them, "LAST_ACK"))
	s.Add(&evidence.Closed{Opener: &evidence.Owner{PID: 1, Name: "curl"}, First: evidence.TimedOut, End: "timeout"})
	s.Add(&evidence.Closed{First: evidence.Both, End: evidence.LeftFinWait2})
	want := []view.TraceRow{
		{Name: "curl", By: "closer", PID: 1, Processes: 5, Closed: 10, TimeWait: 5, Us: 5, Reset: 5},
		{Closed: 1, FinWait2: 1, Both: 1},
		{Name: "curl", By: "opener", PID: 1, Closed: 1, Unseen: 1},
		{Name: "curl", Unit: "a.service", By: "closer", PID: 9, Processes: 1, Closed: 1, Them: 1},
	}
	if diff := cmp.Diff(want, s.Rows()); diff != "" {
		t.Error(diff)
	}
	if got := s.Total(); got.Closed != 13 || got.Processes != 6 || got.TimeWait != 5 || got.Reset != 5 {
		t.Errorf("%+v", got)
	}
}

func TestAFloodOfNamesIsAddedUpAsOther(t *testing.T) {
	s := view.NewTraceSum()
	const n = 5000
	for i := range n {
		s.Add(closedBy(&evidence.Owner{PID: i + 1, Name: fmt.Sprint("p", i)}, evidence.Us, evidence.LeftTimeWait))
	}
	rows := s.Rows()
	var sum uint64
	for _, r := range rows {
		sum += r.Closed
	}
	if last := rows[len(rows)-1]; len(rows) > 1001 || sum != n || !last.Other || last.Name != "" {
		t.Errorf("%d rows of %d connections, the last is %+v", len(rows), sum, last)
	}
}

func TestTheLatestCountOfAFailedCallIsKept(t *testing.T) {
	s := view.NewTraceSum()
	call := evidence.FailedCall{Owner: &evidence.Owner{PID: 1}, Call: "connect", Addr: netip.MustParseAddrPort("10.0.0.1:80"), Count: 2}
	s.AddFailed(&call)
	call.Count = 5
	s.AddFailed(&call)
	other := call
	other.Call, other.Count = "bind", 9
	s.AddFailed(&other)
	calls := s.Calls()
	if len(calls) != 2 || calls[0].Call != "bind" || calls[1].Count != 5 {
		t.Errorf("%+v", calls)
	}
}
