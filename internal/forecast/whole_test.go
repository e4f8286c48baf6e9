package forecast

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/rule/ruletest"
	"github.com/linger-dev/linger/internal/tcp"
)

// TestAnEarlyEndSaysWhatTheWholeHourSays plays on to the horizon what play ends
// when it takes the outcome as known.
func TestAnEarlyEndSaysWhatTheWholeHourSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		snap := ruletest.Snapshot(func(s *evidence.Snapshot, ns *evidence.Namespace) {
			s.Host.Kernel = rapid.SampledFrom([]evidence.Kernel{"3.10", "4.4", "5.4", "6.18"}).Draw(t, "kernel")
			ns.Settings.PortLow, ns.Settings.PortHigh = evidence.IntOf(20000), evidence.IntOf(20000+rapid.Int64Range(90, 200).Draw(t, "size"))
			ns.Settings.TWReuse = evidence.IntOf(rapid.Int64Range(0, 1).Draw(t, "reuse"))
			ns.Settings.TWReuseDelay = evidence.Int{State: evidence.Absent}
			if s.Host.Kernel.AtLeast(6, 14) {
				ns.Settings.TWReuseDelay = evidence.IntOf(rapid.Int64Range(500, 30000).Draw(t, "delay"))
			}
			o := ruletest.Outbound("10.0.0.1", "10.0.0.2:80")
			ruletest.TimeWait(&o, rapid.IntRange(1, 90).Draw(t, "closed"), rapid.IntRange(20, 60).Draw(t, "seconds"), 20000)
			ruletest.Live(&o, tcp.Established, rapid.IntRange(0, 40).Draw(t, "live"), 20100)
			ns.Tallies = []evidence.Tally{o}
		})
		b := New(snap, Options{})
		ns := &snap.Namespaces[0]
		space, _ := portspace.SpaceOf(ns)
		s, ok := b.subject(ns, space, &ns.Tallies[0])
		if !ok {
			t.Fatal("no budget")
		}
		s.traffic = s.traffic.times(rapid.Float64Range(0.8, 1.6).Draw(t, "times"))
		s.traffic.Growth = rapid.SampledFrom([]float64{0, 0, 0.01, 0.05}).Draw(t, "growth")
		v := variant{stage: b.stage(s), traffic: s.traffic}
		e, err := v.start(time.Hour, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		e.patience = rapid.SampledFrom([]float64{0, patience}).Draw(t, "patience")
		if err := e.all(); err != nil {
			t.Fatal(err)
		}
		early := e.played
		r, err := v.start(time.Hour, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		r.settled = time.Hour
		if err := r.all(); err != nil {
			t.Fatal(err)
		}
		whole := r.played
		// A growth that is extended by arithmetic meets the last turn of the timer
		// wheel somewhere within it.
		slack := time.Duration(0)
		if s.traffic.Growth > 0 {
			slack = time.Duration(4/s.traffic.Growth)*time.Second + r.window
		}
		near := whole.in - early.in
		if early.never != whole.never && !(early.extended && max(early.in, whole.in) > time.Hour-slack) || !early.never && !whole.never && max(near, -near) > slack {
			t.Fatalf("early: %+v after %d connections; whole: %+v", early, e.flow.made, whole)
		}
		if s.safe(&s.traffic, time.Hour) && !whole.never {
			t.Fatalf("arithmetic called it safe: %+v", whole)
		}
	})
}
