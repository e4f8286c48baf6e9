package chart_test

import (
	"math"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/twin/play/outcome"
	"github.com/linger-dev/linger/internal/view/chart"
)

func TestARunWithoutFailuresHasNoPanelForThem(t *testing.T) {
	r := &outcome.Run{
		Name: "x", Duration: time.Minute, Fullest: outcome.Group{Path: "a -> b", Ports: 100},
		Points: []outcome.Point{{At: time.Second, Minis: 5, Used: 7, Visited: 1.5}},
	}
	if n := len(chart.OfRun(r, say.English).Panels); n != 3 {
		t.Errorf("%d panels", n)
	}
	r.Failed = 1
	if n := len(chart.OfRun(r, say.Chinese).Panels); n != 4 {
		t.Errorf("%d panels", n)
	}
	r.Points = nil
	if n := len(chart.OfRun(r, say.English).Panels); n != 0 {
		t.Errorf("%d panels of nothing", n)
	}
}

func TestASweepIsDrawnOverItsLongestAxisOfNumbers(t *testing.T) {
	s := &outcome.Sweep{
		Axes: []outcome.Axis{
			{Name: "kernel", Values: []string{"3.10", "6.1"}, Numbers: []float64{3.10, 6.1}},
			{Name: "rate", Values: []string{"10", "20", "80"}, Numbers: []float64{10, 20, 80}},
		},
		Cells: []outcome.Cell{
			{Values: []string{"3.10", "10"}, Played: true},
			{Values: []string{"3.10", "20"}, Played: true, FirstFailure: outcome.Moment{Happened: true, At: 5 * time.Second}},
			{Values: []string{"3.10", "80"}},
			{Values: []string{"6.1", "10"}, Played: true},
		},
	}
	f := chart.OfSweep(s, say.English)
	if len(f.Panels) != 1 || f.X.Name != "rate" || !f.X.Log || f.X.Low != 10 || f.X.High != 80 {
		t.Fatalf("%+v", f)
	}
	lines := f.Panels[0].Lines
	if len(lines) != 2 || lines[0].Name != "kernel=3.10" || len(lines[0].Y) != 2 || lines[0].Y[1] != 5 || !math.IsInf(lines[0].Y[0], 1) {
		t.Errorf("%+v", lines)
	}
	s.Axes[0].Numbers, s.Axes[1].Numbers = nil, nil
	if n := len(chart.OfSweep(s, say.English).Panels); n != 0 {
		t.Errorf("%d panels without numbers", n)
	}
}

func TestAClaimIsDrawnOnlyIfSocketsWereSeen(t *testing.T) {
	c := &outcome.Claim{Samples: []outcome.Sample{{}, {At: time.Second}}}
	if n := len(chart.OfClaim(c, say.English).Panels); n != 0 {
		t.Errorf("%d panels", n)
	}
	c.Samples[1].Minis = 2
	if n := len(chart.OfClaim(c, say.English).Panels); n != 1 {
		t.Errorf("%d panels", n)
	}
	c.Samples[1].Live = 1
	if f := chart.OfClaim(c, say.English); len(f.Panels) != 2 || f.X.High != 1 {
		t.Errorf("%+v", f)
	}
}

func TestAFleetWithoutFailuresIsNotDrawn(t *testing.T) {
	f := &outcome.Fleet{Duration: time.Minute, Timeline: []outcome.Bar{{Until: time.Minute}}}
	if n := len(chart.OfFleet(f, say.English).Panels); n != 0 {
		t.Errorf("%d panels", n)
	}
	f.Hit, f.Timeline[0].Hosts = 1, 1
	if n := len(chart.OfFleet(f, say.English).Panels); n != 1 {
		t.Errorf("%d panels", n)
	}
}
