package view_test

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/view"
)

func tally(d evidence.Direction, dst string, port uint16, timeWait, established uint64) evidence.Tally {
	t := evidence.Tally{Key: evidence.Key{
		Direction: d, Src: netip.MustParseAddr("10.0.0.1"), Dst: netip.MustParseAddr(dst), Port: port,
	}}
	t.States[tcp.TimeWait], t.States[tcp.Established] = timeWait, established
	t.Minute.Age[0] = uint32(timeWait)
	return t
}

func snapshot(tallies ...evidence.Tally) *evidence.Snapshot {
	return &evidence.Snapshot{
		Namespaces: []evidence.Namespace{{Name: "host", Tallies: tallies}},
		Owners:     []evidence.Owner{{PID: 7, Name: "nginx"}, {PID: 8, Name: "nginx"}},
	}
}

func labels(t *testing.T, s *evidence.Snapshot, by string) []string {
	t.Helper()
	st, err := view.StatesOf(s, by)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, row := range st.Rows {
		all = append(all, row.Label)
	}
	return all
}

func TestRowsAreNamedByWhatTheySplitBy(t *testing.T) {
	s := snapshot(tally(evidence.Outbound, "10.0.0.2", 80, 9, 0), tally(evidence.Inbound, "10.0.0.3", 443, 3, 0))
	for by, want := range map[string][2]string{
		"destination": {"10.0.0.2:80", "10.0.0.3"},
		"service":     {"10.0.0.2:80", "10.0.0.1:443"},
	} {
		if got := labels(t, s, by); len(got) != 2 || [2]string(got) != want {
			t.Errorf("by %s: %q, want %q", by, got, want)
		}
	}
	if got := labels(t, s, "source"); len(got) != 1 || got[0] != "10.0.0.1" {
		t.Errorf("by source: %q", got)
	}
	if _, err := view.StatesOf(s, "colour"); err == nil {
		t.Error("an unknown split was accepted")
	}
}

func TestOwnersOfWhatIsHeldAndWhatIsInferredStayApart(t *testing.T) {
	out := tally(evidence.Outbound, "10.0.0.2", 80, 9, 4)
	held := evidence.Counts{tcp.Established: 4}
	out.Holders = []evidence.Holding{{PIDs: []int{7, 8}, States: held}}
	st, err := view.StatesOf(snapshot(out), "owner")
	if err != nil {
		t.Fatal(err)
	}
	if len(st.Rows) != 2 {
		t.Fatalf("got %+v", st.Rows)
	}
	made, holds := st.Rows[0], st.Rows[1]
	if !made.Inferred || made.Counts[tcp.TimeWait] != 9 || made.Counts[tcp.Established] != 0 || made.Label != "nginx (7, 8)" {
		t.Errorf("made: %+v", made)
	}
	if holds.Inferred || holds.Counts != held || holds.Maker.Basis != evidence.Held {
		t.Errorf("holds: %+v", holds)
	}
}

func TestNoSplitLosesASocket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tallies []evidence.Tally
		var want evidence.Counts
		for range rapid.IntRange(0, 6).Draw(t, "groups") {
			d := rapid.SampledFrom([]evidence.Direction{evidence.Outbound, evidence.Inbound}).Draw(t, "direction")
			dst := rapid.SampledFrom([]string{"10.0.0.2", "10.0.0.3", "::1"}).Draw(t, "dst")
			one := tally(d, dst, uint16(rapid.IntRange(80, 82).Draw(t, "port")), rapid.Uint64Range(0, 9).Draw(t, "tw"), rapid.Uint64Range(0, 9).Draw(t, "est"))
			one.Holders = []evidence.Holding{{
				PIDs:    rapid.SliceOfN(rapid.IntRange(7, 9), 0, 2).Draw(t, "pids"),
				States:  evidence.Counts{tcp.Established: rapid.Uint64Range(0, 12).Draw(t, "held")},
				Earlier: rapid.Bool().Draw(t, "earlier"),
			}}
			want.Add(&one.States)
			tallies = append(tallies, one)
		}
		for _, by := range []string{"", "owner", "destination", "source", "service"} {
			st, err := view.StatesOf(snapshot(tallies...), by)
			if err != nil {
				t.Fatal(err)
			}
			var got evidence.Counts
			var minute evidence.Minute
			for _, row := range st.Rows {
				got.Add(&row.Counts)
				minute.Add(&row.Minute)
			}
			if got != want || minute.Total() != want[tcp.TimeWait] {
				t.Fatalf("by %q: %v, want %v", by, got, want)
			}
		}
	})
}

func TestWorstFindingIsTheFirstOfTheMostSevere(t *testing.T) {
	r := view.Report{Findings: []rule.Finding{{Code: "a"}, {Code: "b", Severity: rule.Critical}, {Code: "c", Severity: rule.Critical}}}
	if r.Worst().Code != "b" {
		t.Errorf("got %s", r.Worst().Code)
	}
	if (&view.Report{}).Worst() != nil {
		t.Error("nothing has a worst")
	}
}

func TestManyProcessesOfOneNameAreShort(t *testing.T) {
	got := view.Names(snapshot(), []int{7, 8, 1, 2, 3, 4, 5})
	if got != "nginx (7, 8), process (1, 2, 3, 4, and 1 more)" {
		t.Error(got)
	}
}
