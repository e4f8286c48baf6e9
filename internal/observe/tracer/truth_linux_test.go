package tracer

import (
	"os"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/internal/tcp"
)

// connectionsEnv asks for another number of connections than the default.
const connectionsEnv = "LINGER_TRACER_CONNECTIONS"

func connections() int {
	if n, err := strconv.Atoi(os.Getenv(connectionsEnv)); err == nil {
		return n
	}
	if testing.Short() {
		return 800
	}
	return 4000
}

func TestKernelEveryConnectionIsAttributedAsTheDriverKnowsIt(t *testing.T) {
	t.Parallel()
	tr := openTracer(t, Options{Records: true, RingBytes: 16 << 20})
	s, stop := collect(t.Context(), tr)
	defer stop()

	l := newLab(t)
	gone := newLab(t)
	n := connections()
	some := strconv.Itoa(n / 4)
	for range 2 { // the listener is restarted by another process
		_, end := l.serve()
		l.run(
			[]string{"client", countEnv + "=" + some},
			[]string{"client", countEnv + "=" + some},
			[]string{"victim", countEnv + "=50", wayEnv + "=kill"},
			[]string{"victim", countEnv + "=50", wayEnv + "=exit"},
			[]string{"ancestor", countEnv + "=4"},
			[]string{"holder", countEnv + "=50"},
		)
		end()
	}
	_, end := gone.serve()
	gone.run([]string{"client", countEnv + "=200"})
	end()
	if err := gone.world.Close(); err != nil { // and the namespace, with its TIME_WAIT sockets
		t.Fatal(err)
	}

	all := append(readTruths(t, l.truth), readTruths(t, gone.truth)...)
	s.awaitAll(all)
	decide(t, s, all)
	spaces := map[uint64]bool{l.ns: true, gone.ns: true}
	truths, untold := withheld(t, tr, s, all)
	clear, blurred := missed(t, tr, s, truths)
	compare(t, s, clear, all, spaces)
	compareDump(t, l, tr, s, append(clear, untold...), blurred > 0)
	if blurred == 0 {
		compareGroups(t, tr, truths, spaces)
	}
	if made, told := l.kernelCount("TW"), s.lingering(l.ns); told > made || made-told > len(untold)+blurred {
		t.Errorf("the kernel made %d mini-sockets, the tracer told of %d, %d withheld, %d blurred", made, told, len(untold), blurred)
	}
}

// compare wants exactly one record for each truth, and none in the namespaces
// but for those of all.
func compare(t *testing.T, s *seen, truths, all []truth, spaces map[uint64]bool) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		t.Fatal(s.err)
	}
	known := make(map[uint64]bool, len(all))
	for _, want := range all {
		known[want.cookie] = true
	}
	kinds := map[string]int{}
	wrong := 0
	for _, want := range truths {
		records := s.closed[want.cookie]
		if len(records) != 1 {
			t.Errorf("%d records, want 1: %+v", len(records), want)
			wrong++
		} else if r := records[0]; !agrees(want, &r) {
			t.Errorf("got %+v\nwant %+v", r, want)
			wrong++
		} else {
			kinds[r.Origin.String()+", first "+r.First.String()+", by "+r.How.String()+": "+r.End.String()]++
		}
		if wrong > 5 {
			t.Fatal("and so on")
		}
	}
	for cookie, records := range s.closed {
		if spaces[records[0].Namespace] && !known[cookie] {
			t.Errorf("false: %+v", records[0])
		}
	}
	t.Logf("%d ends of connections", len(truths))
	for kind, n := range kinds {
		t.Logf("%6d %s", n, kind)
	}
}

func agrees(want truth, r *Record) bool {
	return r.Opener.PID == want.opener && r.Closer.PID == want.closer &&
		r.Origin == want.origin && r.First == want.first && !r.Estimated &&
		r.Lingers() == want.lingers && (!want.half || r.End == EndFinWait2) &&
		(want.closer == 0 || r.How == want.how) &&
		(want.opener != want.closer || r.Closer.Name == want.name) &&
		(r.How == BySignal) == (r.Signal == 9) &&
		(r.Born > 0 && r.Born <= r.Shut || want.origin == Accepted) && r.Shut <= r.Ended && r.Closer.Start <= r.Ended
}

// compareGroups wants the kernel's own counts to say the same.
func compareGroups(t *testing.T, tr *Tracer, truths []truth, spaces map[uint64]bool) {
	t.Helper()
	groups, coverage, err := tr.Aggregate()
	if err != nil {
		t.Fatal(err)
	}
	type counts struct{ closed, lingering uint64 }
	want, got := map[int]counts{}, map[int]counts{}
	for _, tr := range truths {
		pid := tr.closer
		if pid == 0 {
			pid = tr.opener
		}
		c := want[pid]
		c.closed++
		if tr.lingers {
			c.lingering++
		}
		want[pid] = c
	}
	for _, g := range groups {
		if spaces[g.Namespace] {
			c := got[g.Owner.PID]
			c.closed += g.Closed
			c.lingering += g.TimeWait + g.FinWait2
			got[g.Owner.PID] = c
		}
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(counts{})); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	if coverage.Other != 0 || coverage.Lost != 0 || !coverage.Exact {
		t.Errorf("coverage %+v", coverage)
	}
}

// compareDump joins a dump to the records by cookie, and wants every mini-socket
// in it to have the owner that the driver knows.
func compareDump(t *testing.T, l *lab, tr *Tracer, s *seen, truths []truth, blurred bool) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	known := make(map[uint64]truth, len(truths))
	for _, tr := range truths {
		known[tr.cookie] = tr
	}
	rows := l.minis()
	if len(rows) == 0 {
		t.Fatal("no mini-socket in the dump")
	}
	for _, row := range rows {
		want, clear := known[row.Cookie]
		if !clear && blurred {
			continue
		}
		records, ok := s.closed[row.Cookie]
		var life Life
		if ok = ok && records[0].Lingers(); ok {
			life = records[0].Life
		} else {
			var err error
			if life, ok, err = tr.Find(row.Cookie); err != nil {
				t.Fatal(err)
			}
		}
		if !ok || !want.lingers || life.Owner().PID != want.closer || row.State != tcp.TimeWait {
			t.Errorf("%v %v -> %v: told %+v (%v), want %+v", row.State, row.Src.Netip(), row.Dst.Netip(), life, ok, want)
		}
	}
	t.Logf("%d mini-sockets of the dump were told of", len(rows))
}
