package closes

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe/tracer"
)

// script plays a tracer.
type script struct {
	records  []tracer.Record
	failures []tracer.Failure
	coverage tracer.Coverage
	added    []tracer.Listener
	open     map[uint64]tracer.Life
}

var errOver = errors.New("over")

func (s *script) Next(context.Context) (tracer.Record, error) {
	if len(s.records) == 0 {
		return tracer.Record{}, errOver
	}
	r := s.records[0]
	s.records = s.records[1:]
	return r, nil
}

func (s *script) Find(cookie uint64) (tracer.Life, bool, error) {
	life, ok := s.open[cookie]
	return life, ok, nil
}
func (s *script) Failures() ([]tracer.Failure, error)      { return s.failures, nil }
func (s *script) Connecting() ([]tracer.Connecting, error) { return nil, nil }
func (s *script) AddListener(l tracer.Listener) error      { s.added = append(s.added, l); return nil }
func (s *script) Coverage() (tracer.Coverage, error)       { return s.coverage, nil }
func (s *script) Close() error                             { return nil }
func at(name string, start time.Duration) tracer.Process {
	return tracer.Process{PID: 7, Start: start, Name: name}
}
func watch(t *testing.T, s *script) *Watch { return newWatch(s, t.TempDir()) }
func port(addr string) netip.AddrPort      { return netip.MustParseAddrPort(addr) }

func failed(p tracer.Process, count uint64) tracer.Failure {
	return tracer.Failure{Owner: p, Call: tracer.Connect, Addr: port("10.0.0.2:80"), Bound: true, Count: count}
}

func TestARecordBecomesEvidenceAndFailuresAreNotConnections(t *testing.T) {
	r := tracer.Record{
		Event: tracer.Closed, Cookie: 9, Namespace: 3, Inode: 4, Src: port("10.0.0.1:40000"), Dst: port("10.0.0.2:80"),
		Life: tracer.Life{Closer: at("curl", time.Second), Course: tracer.Course{
			Origin: tracer.Connected, First: tracer.Us, How: tracer.BySignal, Signal: 9, End: tracer.EndTimeWait, Estimated: true,
			Born: time.Second, Ended: 3 * time.Second, Sent: 5, Received: 6,
		}},
	}
	w := watch(t, &script{records: []tracer.Record{{Event: tracer.Failed}, r}})
	got, err := w.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := &evidence.Closed{
		At: got.At, Netns: 4, NetnsCookie: 3, Cookie: 9, Origin: evidence.Connected,
		Closer: &evidence.Owner{PID: 7, Start: 100, Name: "curl", State: "X"},
		First:  evidence.Us, How: "signal", Signal: 9, End: evidence.LeftTimeWait, Estimated: true,
		Lived: 2 * time.Second, Sent: 5, Received: 6,
	}
	want.Src, want.Dst = r.Src, r.Dst
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	if _, err := w.Next(t.Context()); !errors.Is(err, errOver) {
		t.Errorf("after the last: %v", err)
	}
}

func TestAConnectionOlderThanTheTracerHasNoLifetime(t *testing.T) {
	w := watch(t, &script{records: []tracer.Record{{Event: tracer.Closed, Life: tracer.Life{Course: tracer.Course{Ended: time.Hour}}}}})
	got, err := w.Next(t.Context())
	if err != nil || got.Lived != 0 || got.Opener != nil || got.Closer != nil || got.Origin != "unknown" {
		t.Errorf("%+v, %v", got, err)
	}
}

// The views compare these words.
func TestTheTracersWordsAreThoseOfEvidence(t *testing.T) {
	for got, want := range map[string]string{
		tracer.Connected.String(): string(evidence.Connected), tracer.Accepted.String(): string(evidence.Accepted),
		tracer.Us.String(): string(evidence.Us), tracer.Them.String(): string(evidence.Them), tracer.Both.String(): string(evidence.Both),
		tracer.ResetByUs.String(): string(evidence.ResetByUs), tracer.ResetByThem.String(): string(evidence.ResetByThem),
		tracer.TimedOut.String(): string(evidence.TimedOut), tracer.EndTimeWait.String(): string(evidence.LeftTimeWait),
		tracer.EndFinWait2.String(): string(evidence.LeftFinWait2),
	} {
		if got != want {
			t.Errorf("the tracer says %q, evidence %q", got, want)
		}
	}
}

func TestFailedCallsAreToldWhenTheyGrow(t *testing.T) {
	s := &script{failures: []tracer.Failure{failed(at("a", 1e9), 3), failed(at("b", 1e9), 1)}}
	w := watch(t, s)
	counts := func() (all [][2]uint64) {
		t.Helper()
		grown, err := w.Failed()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range grown {
			if f.Errno != "EADDRNOTAVAIL" || f.Call != "connect" || !f.Bound {
				t.Errorf("%+v", f)
			}
			all = append(all, [2]uint64{f.Fresh, f.Count})
		}
		return all
	}
	if got := counts(); len(got) != 2 {
		t.Errorf("first %v", got)
	}
	if got := counts(); got != nil {
		t.Errorf("nothing grew, and yet %v", got)
	}
	s.failures[0].Count = 10
	if got := counts(); !cmp.Equal(got, [][2]uint64{{7, 10}}) {
		t.Errorf("grown: %v", got)
	}
}

func TestBindFailsWithAnotherErrno(t *testing.T) {
	f := failed(at("a", 1e9), 1)
	f.Call = tracer.Bind
	grown, err := watch(t, &script{failures: []tracer.Failure{f}}).Failed()
	if err != nil || grown[0].Errno != "EADDRINUSE" || grown[0].Bound {
		t.Errorf("%+v, %v", grown, err)
	}
}

func TestWhatTheTracerMissedAndWhatWasNotReadAreBothGaps(t *testing.T) {
	w := watch(t, &script{coverage: tracer.Coverage{Closed: 10, Lost: 2, NoOwner: 1}})
	w.gaps = []evidence.Gap{{What: "no listeners"}}
	got, err := w.Traced()
	if err != nil || got.Closed != 10 || got.Lost != 2 || got.UnknownOwner != 1 || len(got.Gaps) != 3 || got.Gaps[0].What != "no listeners" {
		t.Errorf("%+v, %v", got, err)
	}
}
