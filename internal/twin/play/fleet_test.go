package play_test

import (
	"context"
	"errors"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/twin/play"
)

const small = `
traffic: small
settings: {net.ipv4.ip_local_port_range: 40000 40999, net.ipv4.tcp_tw_reuse: 0}
duration: 2m
streams:
  - {name: orders, to: 10.1.0.1:443, rate: 14/s, closes: first}
fleet: {hosts: 200, load: {lognormal: {median: 1, spread: 1.3}}}
`

func TestTheBusiestHostsOfAFleetHitTheWallFirst(t *testing.T) {
	r, err := play.RunFleet(t.Context(), traffic(t, small), play.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	// 1000 ports, each taken for 60 to 62.05 s.
	if r.Calm < 16 || r.Calm > 16.7 || r.Wall < r.Calm || r.Wall > 16.8 {
		t.Errorf("the wall stands between %v and %v", r.Calm, r.Wall)
	}
	if r.Hit < 20 || r.Hit > 80 || len(r.First) != 20 || r.Played != 200 {
		t.Errorf("%d of %d hosts hit the wall, %d are named", r.Hit, r.Played, len(r.First))
	}
	for i, h := range r.First {
		if h.FirstFailure.Number != 1001 || i > 0 && h.FirstFailure.At < r.First[i-1].FirstFailure.At {
			t.Errorf("host %d: %+v", h.No, h.FirstFailure)
		}
	}
	if r.First[0].Rate != r.Rates[len(r.Rates)-1].Rate {
		t.Errorf("the first to fail has %v connections/s, the busiest %v", r.First[0].Rate, r.Rates[len(r.Rates)-1].Rate)
	}
	hosts := 0
	for _, b := range r.Timeline {
		hosts += b.Hosts
	}
	if hosts != r.Hit || r.Quantiles[0].At != r.First[0].FirstFailure.At {
		t.Errorf("%d hosts in the timeline, %v", hosts, r.Quantiles)
	}
}

func TestAFleetIsTheSameOnAnyNumberOfProcessors(t *testing.T) {
	first, err := play.RunFleet(t.Context(), traffic(t, small), play.Options{Seed: 9})
	if err != nil {
		t.Fatal(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	second, err := play.RunFleet(t.Context(), traffic(t, small), play.Options{Seed: 9})
	if err != nil || !reflect.DeepEqual(first, second) {
		t.Errorf("one processor gives another fleet (%v)", err)
	}
}

func TestAnInterruptedFleetTellsOfTheHostsThatWerePlayed(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := 0
	r, err := play.RunFleet(ctx, traffic(t, small), play.Options{Progress: func(p play.Progress) {
		if done = p.Done; p.Done == 50 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || r.Played < 50 || r.Played > 60 || done > 60 || r.Tried == 0 {
		t.Errorf("%d played, %d told, %v", r.Played, done, err)
	}
}

func TestLoadsFollowTheirDistribution(t *testing.T) {
	const n = 4001
	for _, test := range []struct {
		load                play.Load
		low, median, high   int64 // median with tolerance 3 %
		sixteenth, eightyth int64 // quantiles one deviation away; 0: not looked at
	}{
		{play.Load{Kind: play.EvenLoad, A: 700}, 700, 700, 700, 700, 700},
		{play.Load{Kind: play.UniformLoad, A: 500, B: 1500}, 500, 1000, 1500, 0, 0},
		{play.Load{Kind: play.ExponentialLoad, A: 1000}, 1, 693, 20000, 0, 0},
		{play.Load{Kind: play.NormalLoad, A: 1000, B: 200}, 1, 1000, 2200, 800, 1200},
		{play.Load{Kind: play.LognormalLoad, A: 1000, B: 2000}, 15, 1000, 64000, 500, 2000},
	} {
		var all []int64
		for host := range n {
			all = append(all, test.load.Of(1, host))
		}
		slices.Sort(all)
		near := func(name string, got, want int64) {
			if want > 0 && (got < want*94/100 || got > want*106/100) {
				t.Errorf("%v: %s is %d, want about %d", test.load, name, got, want)
			}
		}
		near("the median", all[n/2], test.median)
		near("one deviation below", all[n*1587/10000], test.sixteenth)
		near("one deviation above", all[n*8413/10000], test.eightyth)
		if all[0] < test.low || all[n-1] > test.high {
			t.Errorf("%v: from %d to %d", test.load, all[0], all[n-1])
		}
	}
}

func TestSweepsFindTheWallForEachCombination(t *testing.T) {
	axes, err := play.ParseVary([]string{"rate=300..700/5lin", "tcp_tw_reuse=0,1"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := play.SweepTraffic(t.Context(), traffic(t, wall), axes, play.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range s.Cells {
		fails := c.Values[1] == "0" && c.Values[0] >= "500"
		if c.FirstFailure.Happened != fails || !c.Played {
			t.Errorf("%v: first failure %v, want %v", c.Values, c.FirstFailure, fails)
		}
	}
	if len(s.Cells) != 10 || s.Cells[1].Values[0] != "300" || s.Cells[1].Values[1] != "1" || s.Duration != 2*time.Minute {
		t.Errorf("%d cells, the second %v", len(s.Cells), s.Cells[1].Values)
	}
}
