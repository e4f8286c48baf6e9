package cli

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

func TestATapeGivesTheSameLookHoweverItIsWound(t *testing.T) {
	const looks = 3 * tapeKept
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	path := filepath.Join(t.TempDir(), "tape")
	w, err := evidence.Create(path, "linger test")
	if err != nil {
		t.Fatal(err)
	}
	for i := range looks {
		if err := w.Write(&evidence.Snapshot{Taken: start.Add(time.Duration(i) * time.Second)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		tape, err := openTape(path)
		if err != nil {
			rt.Fatal(err)
		}
		defer tape.Close()
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, looks+2), 1, 20).Draw(rt, "looks") {
			snap, err := tape.At(t.Context(), n)
			switch {
			case n >= looks:
				if !errors.Is(err, io.EOF) {
					rt.Fatalf("look %d: %v", n, err)
				}
			case err != nil || !snap.Taken.Equal(start.Add(time.Duration(n)*time.Second)):
				rt.Fatalf("look %d: %+v, %v", n, snap, err)
			}
		}
	})
	tape, err := openTape(path)
	if err != nil {
		t.Fatal(err)
	}
	defer tape.Close()
	if moments, err := tape.Moments(t.Context()); err != nil || len(moments) != looks || !moments[5].Taken.Equal(start.Add(5*time.Second)) {
		t.Errorf("%d moments, error %v", len(moments), err)
	}
}

// A crawler with thousands of destinations must not make every look wait for
// all of them.
func TestTheWatcherAsksForFewUnknownOwnersAtOnceAndForAllInTheEnd(t *testing.T) {
	const groups = 100
	w := &watcher{}
	asked := make(map[sought]int)
	for range 10 * patientEvery {
		snap := crawl(groups)
		now := w.choose(snap)
		unknown := 0
		for s := range now {
			asked[s]++
			if _, known := w.known[s]; !known {
				unknown++
			}
		}
		if unknown > newAtOnce {
			t.Fatalf("look %d asks for %d unknown owners", w.looks, unknown)
		}
		for i := range snap.Namespaces[0].Tallies { // as Resolve would find them
			tally := &snap.Namespaces[0].Tallies[i]
			if i%2 == 0 && now[sought{"host", tally.Key}] {
				tally.Holders = []evidence.Holding{{PIDs: []int{7}, States: evidence.Counts{tcp.Established: 1}}}
			}
		}
		if len(now) > 0 {
			snap.Owners = []evidence.Owner{{PID: 7, Start: 1, Name: "crawler"}}
		}
		w.learn(snap, now)
		named := 0
		for i := range snap.Namespaces[0].Tallies {
			if len(snap.Namespaces[0].MakerOf(&snap.Namespaces[0].Tallies[i]).PIDs) > 0 {
				named++
			}
		}
		if named != len(w.known) || named > 0 && snap.Owner(7) == nil {
			t.Fatalf("look %d names %d makers, %d are known", w.looks, named, len(w.known))
		}
	}
	if len(asked) != groups || len(w.known) != groups/2 {
		t.Errorf("%d of %d groups were asked for, %d owners are known", len(asked), groups, len(w.known))
	}
	if w.learn(crawl(0), nil); len(w.known)+len(w.again) > 0 {
		t.Error("what is gone is remembered")
	}
}

// crawl is a look at a host with so many destinations and no connection open.
func crawl(groups int) *evidence.Snapshot {
	ns := evidence.Namespace{Name: "host"}
	for i := range groups {
		ns.Tallies = append(ns.Tallies, evidence.Tally{Key: evidence.Key{
			Direction: evidence.Outbound, Src: netip.MustParseAddr("10.0.0.1"), Dst: netip.MustParseAddr(fmt.Sprintf("10.0.1.%d", i)), Port: 80,
		}})
	}
	return &evidence.Snapshot{Namespaces: []evidence.Namespace{ns}}
}

func TestAnEarlierOwnerIsNotTakenForAnotherWithItsPID(t *testing.T) {
	snap := crawl(1)
	tally := &snap.Namespaces[0].Tallies[0]
	snap.Owners = []evidence.Owner{{PID: 7, Start: 2, Name: "another"}}
	saw := sight{holders: []evidence.Holding{{PIDs: []int{7}}}, owners: []evidence.Owner{{PID: 7, Start: 1, Name: "crawler"}}}
	if saw.nameIn(snap, tally); len(tally.Holders) > 0 {
		t.Errorf("named: %+v", tally.Holders)
	}
}
