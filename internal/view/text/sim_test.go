package text_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/twin/play/outcome"
	"github.com/linger-dev/linger/internal/view/text"
)

// simRun is traffic that ran into the wall and was helped.
func simRun() *outcome.Run {
	r := &outcome.Run{
		Name: "gateway", About: "A gateway opens a connection for each order.", Kernel: "6.1", HZ: 250, Seed: 1,
		Duration: 2 * time.Minute, Played: 2 * time.Minute,
		Streams: []outcome.Stream{{Name: "orders", Path: "10.0.0.1 -> 10.1.0.1:443", Rate: 600, Closes: "first", Hold: 20 * time.Millisecond}},
		Tried:   72000, Opened: 64000, Failed: 8000, Closed: 63988,
		FirstFailure: outcome.Moment{Happened: true, At: 47053 * time.Millisecond, Number: 28233, Visited: 28232},
		FirstSlow:    outcome.Moment{Happened: true, At: 23527 * time.Millisecond, Number: 14117, Visited: 14117},
		Fullest:      outcome.Group{Path: "10.0.0.1 -> 10.1.0.1:443", Outbound: true, Ports: 28232, Used: 28232, TimeWait: 28220},
		Groups: []outcome.Group{
			{Path: "10.0.0.1 -> 10.1.0.1:443", Outbound: true, Ports: 28232, Used: 13361, TimeWait: 13349},
			{Path: "-> 10.0.0.1:443", Used: 6139, TimeWait: 6039},
		},
		Most: 28232, Reused: 12,
		Events: []outcome.Event{
			{At: 47053 * time.Millisecond, Text: say.F("connection 28,233 fails: EADDRNOTAVAIL", "第 28,233 个连接失败：EADDRNOTAVAIL")},
			{At: 90 * time.Second, Text: say.F("net.ipv4.tcp_tw_reuse is set to 1", "net.ipv4.tcp_tw_reuse 被设为 1")},
		},
	}
	for s := range 120 {
		p := outcome.Point{At: time.Duration(s+1) * time.Second, Minis: min(28220, (s+1)*600), Used: min(28232, (s+1)*600+12), Visited: 1}
		if s > 47 && s < 90 {
			p.Failed, p.Visited = 190, 20000
		}
		r.Points = append(r.Points, p)
	}
	return r
}

func simFleet() *outcome.Fleet {
	first := outcome.Host{
		No: 5471, Rate: 1215.117, Tried: 364535, Failed: 223344, Most: 28232,
		FirstFailure: outcome.Moment{Happened: true, At: 23234 * time.Millisecond, Number: 28233},
		FirstSlow:    outcome.Moment{Happened: true, At: 11617 * time.Millisecond, Number: 14117},
	}
	return &outcome.Fleet{
		Name: "fleet", Kernel: "6.1", HZ: 250, Seed: 1, Duration: 5 * time.Minute, Load: say.F("lognormal, median %s", "对数正态分布，中位数 %s", "1"),
		Hosts: 10000, Played: 10000, Streams: simRun().Streams, Tried: 1050411388, Opened: 1005470385, Failed: 44941003, Hit: 1766,
		Calm: 454.878, Wall: 455.211,
		Quantiles: []outcome.Quantile{{Percent: 0, At: 23234 * time.Millisecond}, {Percent: 50, At: 53 * time.Second}, {Percent: 100, At: 63400 * time.Millisecond}},
		Rates:     []outcome.Quantile{{Percent: 0, Rate: 83.25}, {Percent: 50, Rate: 333}, {Percent: 100, Rate: 1215.117}},
		First:     []outcome.Host{first},
		Timeline:  []outcome.Bar{{Until: time.Minute, Hosts: 1700}, {From: time.Minute, Until: 2 * time.Minute, Hosts: 66}},
	}
}

func simSweep() *outcome.Sweep {
	s := &outcome.Sweep{
		Name: "gateway", Kernel: "6.1", Seed: 1, Duration: 2 * time.Minute,
		Axes: []outcome.Axis{
			{Name: "rate", Values: []string{"100", "600", "2000"}, Numbers: []float64{100, 600, 2000}},
			{Name: "tcp_tw_reuse", Values: []string{"0", "1"}, Numbers: []float64{0, 1}},
		},
	}
	for _, c := range []struct {
		values string
		at     time.Duration
	}{{"100 0", 0}, {"100 1", 0}, {"600 0", 47053 * time.Millisecond}, {"600 1", 0}, {"2000 0", 14116 * time.Millisecond}, {"2000 1", 0}} {
		cell := outcome.Cell{Values: strings.Fields(c.values), Played: true, Tried: 1000, Most: 500}
		if c.at > 0 {
			cell.Failed, cell.FirstFailure, cell.FirstSlow = 220, outcome.Moment{Happened: true, At: c.at}, outcome.Moment{Happened: true, At: c.at / 2}
		}
		s.Cells = append(s.Cells, cell)
	}
	return s
}

func simClaims() *outcome.Claims {
	why := say.F("line 9: packets: the twin sends none that could be seen", "第 9 行：数据包：孪生内核不发送可供观察的数据包")
	return &outcome.Claims{Kernel: "6.1", HZ: 250, Results: []outcome.Claim{
		{Result: claims.Result{Name: "one", Claim: "It is so.", Verdict: claims.Proved, Plays: []claims.Play{
			{Case: "a=1", Verdict: claims.Proved, Measured: []claims.Measure{{Line: 7, About: "client", Step: "expect client", Got: "time_wait 1", Holds: true, Telling: true}}},
		}}, Samples: []outcome.Sample{{}, {At: time.Second, Minis: 3, Live: 2}, {At: 2 * time.Second, Minis: 9}}},
		{Result: claims.Result{Name: "two", Claim: "It is not so.", Verdict: claims.NotTestable, Why: why.EN, Hint: "linger lab run two"}, Reason: why},
		{Result: claims.Result{Name: "three", Claim: "It was so.", Verdict: claims.NotSo, Why: "line 3: x: got y", Note: "older kernels differ"}, Reason: say.Same("line 3: x: got y")},
	}}
}

func TestSimulationsReadWellInBothLanguages(t *testing.T) {
	one := &outcome.Claims{Kernel: "6.1", Results: simClaims().Results[:1]}
	calm := simRun()
	calm.FirstFailure, calm.FirstSlow, calm.Failed, calm.Fullest.Used, calm.Events = outcome.Moment{}, outcome.Moment{}, 0, 12000, nil
	calm.Played, calm.Points = time.Minute, calm.Points[:60]
	inbound := simRun()
	inbound.FirstFailure, inbound.Failed, inbound.Fullest, inbound.Points, inbound.Streams = outcome.Moment{}, 0, outcome.Group{}, nil, nil
	none := simFleet()
	none.Hit, none.Quantiles, none.First, none.Timeline, none.Calm, none.Wall = 0, nil, nil, nil, 398.2, 0
	mixed := simSweep()
	mixed.Cells[4].FirstFailure.Happened = false
	mixed.Cells[3].Played, mixed.Cells[3].Why = false, "Linux 6.1 has no setting net.ipv4.x"
	scenario := simSweep()
	scenario.Scenario = true
	for i := range scenario.Cells {
		scenario.Cells[i].Verdict = []claims.Verdict{claims.Proved, claims.NotSo}[i%2]
	}
	for name, write := range map[string]func(*text.Reporter) error{
		"run":      func(r *text.Reporter) error { return r.SimRun(simRun()) },
		"calm":     func(r *text.Reporter) error { return r.SimRun(calm) },
		"inbound":  func(r *text.Reporter) error { return r.SimRun(inbound) },
		"fleet":    func(r *text.Reporter) error { return r.SimFleet(simFleet()) },
		"nowall":   func(r *text.Reporter) error { return r.SimFleet(none) },
		"sweep":    func(r *text.Reporter) error { return r.SimSweep(simSweep()) },
		"mixed":    func(r *text.Reporter) error { return r.SimSweep(mixed) },
		"scenario": func(r *text.Reporter) error { return r.SimSweep(scenario) },
		"claims":   func(r *text.Reporter) error { return r.SimClaims(simClaims()) },
		"claim":    func(r *text.Reporter) error { return r.SimClaims(one) },
	} {
		for suffix, o := range map[string]text.Options{
			"": {Width: 80}, "-zh": {Width: 80, Unicode: true, Lang: say.Chinese},
		} {
			t.Run(name+suffix, func(t *testing.T) {
				var out bytes.Buffer
				if err := write(text.New(&out, o)); err != nil {
					t.Fatal(err)
				}
				golden(t, "sim-"+name+suffix, out.String())
			})
		}
	}
}
