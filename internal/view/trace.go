package view

import (
	"cmp"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
)

// TraceSum is the end of `linger trace`: who made what. It is not safe for
// concurrent use. Its memory is bounded, whatever is added.
type TraceSum struct {
	Took     time.Duration
	Filtered bool // what was added is only a part of what was seen
	Enough   bool // the trace ended because there were lines enough, while more came
	Traced   evidence.Traced

	total TraceRow
	rows  map[traceKey]*TraceRow
	other *TraceRow
	met   map[traceProcess]struct{}
	calls map[traceCall]evidence.FailedCall
}

// TraceRow is what processes of one name at one place made.
type TraceRow struct {
	Name      string `json:"name"` // empty: unknown
	Unit      string `json:"unit,omitempty"`
	Container string `json:"container,omitempty"`
	Pod       string `json:"pod,omitempty"`
	By        string `json:"by,omitempty"`  // what they did: closer, or opener where nobody is known to have closed
	PID       int    `json:"pid,omitempty"` // of the first
	Processes int    `json:"processes"`     // how many there were; at least, if AtLeast
	AtLeast   bool   `json:"at_least,omitempty"`
	Other     bool   `json:"other,omitempty"` // all for which there was no room; nothing above is known

	Closed    uint64 `json:"closed"`
	TimeWait  uint64 `json:"time_wait"`
	Estimated uint64 `json:"estimated"` // of TimeWait
	FinWait2  uint64 `json:"fin_wait2"`

	// Of Closed, by who closed first.
	Us     uint64 `json:"us"`
	Them   uint64 `json:"them"`
	Both   uint64 `json:"both"`
	Reset  uint64 `json:"reset"`  // by either end
	Unseen uint64 `json:"unseen"` // by a timeout, or not known
}

type traceKey struct{ name, unit, container, pod, by string }

type traceProcess struct {
	pid   int
	start uint64
}

type traceCall struct {
	traceProcess
	netns      uint64
	call, addr string
	bound      bool
}

const (
	mostTraceRows = 1000
	mostTraceMet  = 100_000 // processes told apart
	mostTraceCall = 10_000
)

// NewTraceSum returns an empty one.
func NewTraceSum() *TraceSum {
	return &TraceSum{
		rows: make(map[traceKey]*TraceRow), met: make(map[traceProcess]struct{}), calls: make(map[traceCall]evidence.FailedCall),
	}
}

// Add counts one connection.
func (s *TraceSum) Add(c *evidence.Closed) {
	row := s.row(c)
	for _, r := range []*TraceRow{&s.total, row} {
		r.count(c)
	}
	maker := c.Maker()
	if maker == nil {
		return
	}
	p := traceProcess{maker.PID, maker.Start}
	if _, met := s.met[p]; met {
		return
	}
	if len(s.met) >= mostTraceMet {
		row.AtLeast, s.total.AtLeast = true, true
		return
	}
	s.met[p] = struct{}{}
	row.Processes++
	s.total.Processes++
}

func (s *TraceSum) row(c *evidence.Closed) *TraceRow {
	var key traceKey
	pid := 0
	if m := c.Maker(); m != nil {
		key, pid = traceKey{m.Name, m.Unit, m.Container, m.Pod, "opener"}, m.PID
		if c.Closer != nil {
			key.by = "closer"
		}
	}
	row := s.rows[key]
	if row == nil && len(s.rows) >= mostTraceRows {
		if s.other == nil {
			s.other = &TraceRow{Other: true}
		}
		return s.other
	}
	if row == nil {
		row = &TraceRow{Name: key.name, Unit: key.unit, Container: key.container, Pod: key.pod, By: key.by, PID: pid}
		s.rows[key] = row
	}
	return row
}

func (r *TraceRow) count(c *evidence.Closed) {
	r.Closed++
	switch c.End {
	case evidence.LeftTimeWait:
		r.TimeWait++
		if c.Estimated {
			r.Estimated++
		}
	case evidence.LeftFinWait2:
		r.FinWait2++
	}
	switch c.First {
	case evidence.Us:
		r.Us++
	case evidence.Them:
		r.Them++
	case evidence.Both:
		r.Both++
	case evidence.ResetByUs, evidence.ResetByThem:
		r.Reset++
	default:
		r.Unseen++
	}
}

// AddFailed takes in how often a call failed so far.
func (s *TraceSum) AddFailed(f *evidence.FailedCall) {
	key := traceCall{netns: f.NetnsCookie, call: f.Call, addr: f.Addr.String(), bound: f.Bound}
	if f.Owner != nil {
		key.traceProcess = traceProcess{f.Owner.PID, f.Owner.Start}
	}
	if _, known := s.calls[key]; known || len(s.calls) < mostTraceCall {
		s.calls[key] = *f
	}
}

// Total returns the sum over all that was added.
func (s *TraceSum) Total() TraceRow { return s.total }

// Rows returns who made what, most TIME_WAIT first; the row of others, if
// there is one, comes last.
func (s *TraceSum) Rows() []TraceRow {
	rows := make([]TraceRow, 0, len(s.rows)+1)
	for _, r := range s.rows {
		rows = append(rows, *r)
	}
	slices.SortFunc(rows, func(a, b TraceRow) int {
		return cmp.Or(
			cmp.Compare(b.TimeWait, a.TimeWait), cmp.Compare(b.FinWait2, a.FinWait2), cmp.Compare(b.Closed, a.Closed),
			cmp.Compare(a.Name, b.Name), cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Container, b.Container),
			cmp.Compare(a.Pod, b.Pod), cmp.Compare(a.By, b.By),
		)
	})
	if s.other != nil {
		rows = append(rows, *s.other)
	}
	return rows
}

// Calls returns the failed calls, most first.
func (s *TraceSum) Calls() []evidence.FailedCall {
	calls := make([]evidence.FailedCall, 0, len(s.calls))
	for _, f := range s.calls {
		calls = append(calls, f)
	}
	slices.SortFunc(calls, func(a, b evidence.FailedCall) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), a.At.Compare(b.At), a.Addr.Compare(b.Addr), cmp.Compare(a.Call, b.Call))
	})
	return calls
}
