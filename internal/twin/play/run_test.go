package play_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"reflect"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/twin/play"
	"github.com/linger-dev/linger/internal/twin/play/outcome"
)

func traffic(t *testing.T, text string) *play.Traffic {
	t.Helper()
	out, err := play.ParseTraffic("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func run(t *testing.T, text string, o play.Options) *outcome.Run {
	t.Helper()
	r, err := play.Run(t.Context(), traffic(t, text), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const wall = `
traffic: wall
kernel: "6.1"
settings: {net.ipv4.tcp_tw_reuse: 0}
duration: 2m
streams:
  - {name: orders, to: 10.1.0.1:443, rate: 600/s, closes: first}
`

// The default range has 28,232 ports, and a TIME_WAIT lasts longer than the 47 s
// that 600 connections a second take for them.
func TestTheFirstConnectionBeyondTheLastPortFails(t *testing.T) {
	r := run(t, wall, play.Options{})
	if m := r.FirstFailure; m.Number != 28233 || m.At != 28232*time.Second/600 {
		t.Errorf("the first failure is connection %d after %v", m.Number, m.At)
	}
	if m := r.FirstSlow; m.Number != 28232/2+1 {
		t.Errorf("searches become slow with connection %d", m.Number)
	}
	if r.Fullest.Used != 28232 || r.Fullest.Ports != 28232 || r.Tried != 72000 && r.Tried != 72001 || r.Opened+r.Failed != r.Tried {
		t.Errorf("%+v, of %d tried %d opened, %d failed", r.Fullest, r.Tried, r.Opened, r.Failed)
	}
}

func TestTheServerClosingFirstKeepsTheClientClear(t *testing.T) {
	r := run(t, `
traffic: passive
duration: 2m
streams:
  - {to: 10.1.0.1:443, rate: 600/s, closes: last, hold: 50ms}
`, play.Options{})
	if r.Failed != 0 || r.Most != 0 || r.Fullest.Used > 31 {
		t.Errorf("%d failed, %d in TIME_WAIT, %+v", r.Failed, r.Most, r.Fullest)
	}
}

func TestASettingThatIsChangedWorksFromThenOn(t *testing.T) {
	r := run(t, wall+"changes: [{at: 80s, settings: {net.ipv4.tcp_tw_reuse: 1}}]\n", play.Options{})
	var last time.Duration
	for _, p := range r.Points {
		if p.Failed > 0 {
			last = p.At
		}
	}
	if r.Failed == 0 || last > 82*time.Second || r.Reused == 0 {
		t.Errorf("%d failed, the last by %v, %d reused", r.Failed, last, r.Reused)
	}
}

func TestARateThatIsChangedHoldsFromThenOn(t *testing.T) {
	r := run(t, `
traffic: ramp
duration: 100s
streams:
  - {name: a, to: 10.1.0.1:443, rate: 10/s, closes: last, start: 5s}
  - {name: b, to: 10.1.0.1:80, rate: 30/min, closes: last, stop: 20s}
  - {name: c, at: 10.0.0.1:80, rate: 7/s, closes: first, count: 50}
changes:
  - {at: 50s, stream: a, rate: 100/s}
`, play.Options{})
	if want := uint64(45*10 + 50*100 + 10 + 50); r.Tried < want || r.Tried > want+1 {
		t.Errorf("%d tried, want %d", r.Tried, want)
	}
	if len(r.Events) != 1 || r.Events[0].At != 50*time.Second || r.Events[0].Text.EN != "a: 100 connections/s from now on" {
		t.Errorf("%v", r.Events)
	}
}

func TestManyDestinationsAndSourcesHaveTheirOwnPorts(t *testing.T) {
	r := run(t, `
traffic: spread
settings: {net.ipv4.ip_local_port_range: 40000 40099, net.ipv4.tcp_tw_reuse: 0, net.ipv4.ip_local_reserved_ports: 40000-40009}
duration: 30s
streams:
  - {to: 10.1.0.1:443, from: [10.0.0.1, 10.0.0.2], destinations: 3, rate: 100/s, closes: first}
`, play.Options{})
	if r.FirstFailure.Number != 6*90+1 || len(r.Groups) != 6 || r.Fullest.Ports != 90 {
		t.Errorf("%+v, %d groups, %+v", r.FirstFailure, len(r.Groups), r.Fullest)
	}
}

func TestTheQuotaIsSaidWhenItIsReached(t *testing.T) {
	r := run(t, `
traffic: quota
settings: {net.ipv4.tcp_max_tw_buckets: 1000}
duration: 20s
streams:
  - {at: 10.0.0.1:80, rate: 100/s, closes: first}
`, play.Options{})
	if r.Most != 1000 || r.Refused != 1000 && r.Refused != 1001 || len(r.Events) != 1 {
		t.Errorf("at most %d, %d refused, %v", r.Most, r.Refused, r.Events)
	}
}

func TestRunsAreTheSameEachTimeAndDifferBySeed(t *testing.T) {
	text := wall + "  - {name: random, to: 10.1.0.1:443, rate: 50/s, closes: alone, arrivals: random}\n"
	first, second := run(t, text, play.Options{Seed: 5}), run(t, text, play.Options{Seed: 5})
	if !reflect.DeepEqual(first, second) {
		t.Error("two runs with the same seed differ")
	}
	if other := run(t, text, play.Options{Seed: 6}); reflect.DeepEqual(first.Points, other.Points) {
		t.Error("another seed gives the same run")
	}
}

func TestAnInterruptedRunTellsWhatCameUntilThen(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := play.Run(ctx, traffic(t, wall), play.Options{Live: func(r *outcome.Run) {
		if r.Played >= 60*time.Second {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || r == nil || r.Played != 60*time.Second || !r.FirstFailure.Happened || len(r.Points) != 60 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestWhatIsSavedReadsBackAsARecordingOfTheTwin(t *testing.T) {
	var file bytes.Buffer
	w, err := evidence.NewWriter(&file, "test")
	if err != nil {
		t.Fatal(err)
	}
	run(t, wall, play.Options{Save: w.Write})
	c := judge(t, connected+"  - {close: app.c}\n  - {close: web.s}\n  - {wait: 5s}\n", play.Options{Save: w.Write})
	if err := w.Close(); err != nil || c.Why != "" {
		t.Fatal(err, c.Why)
	}
	r, err := evidence.NewReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var all []*evidence.Snapshot
	for {
		s, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	if len(all) < 120+5 {
		t.Fatalf("%d snapshots", len(all))
	}
	first, last := all[119], all[len(all)-1]
	if first.Host.Source != "twin" || first.Host.Kernel != "6.1" || first.Namespaces[0].Tallies[0].Minute.Total() == 0 {
		t.Errorf("%+v", first.Host)
	}
	if len(last.Namespaces) != 2 || last.Namespaces[1].Name != "server" || last.Namespaces[0].Tallies[0].Minute.Total() != 1 {
		t.Errorf("%+v", last.Namespaces)
	}
}
