package forecast_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/forecast"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/twin"
)

// future is a host whose traffic is known, looked at in the middle.
type future struct {
	name     string
	settings map[string]string
	traffic  []twin.Traffic
	look     time.Duration
	earlier  time.Duration // a look before, if not 0
	off      float64       // how far off the forecast may be, as a share of the time
}

func second(n int) time.Duration { return time.Duration(n) * time.Second }

// ramp is traffic that rises from low by more in each second.
func ramp(low, more int64, hold time.Duration, seconds int) []twin.Traffic {
	all := []twin.Traffic{{Rate: low, Hold: hold}}
	for i := range seconds {
		all = append(all, twin.Traffic{Rate: more, Hold: hold, Start: second(i + 1)})
	}
	return all
}

func futures() []future {
	small := map[string]string{"net.ipv4.ip_local_port_range": "20000 21999"}
	return []future{
		{
			name: "live connections that grow with the traffic", settings: map[string]string{"net.ipv4.ip_local_port_range": "20000 24999"},
			traffic: ramp(20, 1, 15*time.Second, 90), look: second(62), off: 0.1,
		},
		{
			name: "live connections that are never closed", settings: small,
			traffic: []twin.Traffic{{Rate: 20}, {Rate: 2, Hold: time.Hour}}, look: second(100), earlier: second(60), off: 0.05,
		},
		{name: "taking over after a delay", settings: map[string]string{
			"net.ipv4.ip_local_port_range": "20000 20399", "net.ipv4.tcp_tw_reuse": "1", "net.ipv4.tcp_tw_reuse_delay": "8000",
		}, traffic: []twin.Traffic{{Rate: 40}}, look: second(90), off: 0},
		{
			name: "a range of three ports", settings: map[string]string{"net.ipv4.ip_local_port_range": "20000 20002"},
			traffic: []twin.Traffic{{Rate: 1}}, look: 500 * time.Millisecond, off: 0.1,
		},
		{
			name: "ports that the timer wheel frees in batches", settings: map[string]string{"net.ipv4.ip_local_port_range": "20000 21833"},
			traffic: []twin.Traffic{{Rate: 30}}, look: second(58), off: 0.05,
		},
	}
}

// error returns how far a forecast is from what came, as a share of it; 1 if one
// of them is never.
func off(never bool, in time.Duration, truth twin.Moment, look time.Duration) float64 {
	if never || !truth.Happened {
		if never && !truth.Happened {
			return 0
		}
		return 1
	}
	came := truth.At - look
	return abs(in.Seconds()-came.Seconds()) / came.Seconds()
}

func abs(f float64) float64 { return max(f, -f) }

func (f *future) host(t *testing.T) (*twin.Driver, *twin.Host) {
	h, err := twin.New(twin.Options{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"net.ipv4.ip_local_port_range", "net.ipv4.tcp_tw_reuse", "net.ipv4.tcp_tw_reuse_delay"} {
		if value, ok := f.settings[key]; ok {
			if err := h.Set(key, value); err != nil {
				t.Fatal(err)
			}
		}
	}
	g := h.Outbound(netip.MustParseAddr("10.0.0.1"), netip.MustParseAddrPort("10.0.0.2:80"))
	for i := range f.traffic {
		f.traffic[i].Groups = []twin.GroupID{g}
	}
	return h.Drive(f.traffic...), h
}

// TestForecastsComeTrue looks at hosts in the middle, and lets them go on.
func TestForecastsComeTrue(t *testing.T) {
	for _, f := range futures() {
		t.Run(f.name, func(t *testing.T) {
			d, h := f.host(t)
			var earlier *evidence.Snapshot
			if f.earlier > 0 {
				d.Run(f.earlier)
				earlier = h.Snapshot()
			}
			d.Run(f.look)
			if d.FirstFailure.Happened {
				t.Fatal("the ports ran out before the look")
			}
			snap := h.Snapshot()
			d.Run(f.look + time.Hour)
			ns, tally := &snap.Namespaces[0], &snap.Namespaces[0].Tallies[0]
			o, ok := forecast.New(snap, forecast.Options{Earlier: earlier}).If(forecast.Change{Namespace: ns.Name, Group: tally.Key, Noise: true})
			if !ok {
				t.Fatal("no forecast")
			}
			b, _ := portspace.Of(ns, tally)
			plain := portspace.Runout(&b, tally)
			truth := d.FirstFailure
			got, simple := off(o.Never, o.In, truth, f.look), off(plain.Never, plain.In, truth, f.look)
			t.Logf("came after %v; forecast %v (%v to %v, never %v), off by %.3f; arithmetic %v (never %v), off by %.3f",
				truth.At-f.look, o.In, o.Early, o.Late, o.Never, got, plain.In, plain.Never, simple)
			if got > f.off {
				t.Errorf("the forecast is off by %.3f: %+v", got, o)
			}
			if got >= simple {
				t.Errorf("arithmetic is not worse: off by %.3f", simple)
			}
		})
	}
}
