package forecast

import (
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/rule/ruletest"
	"github.com/linger-dev/linger/internal/tcp"
)

func TestALeakIsToldByItsAge(t *testing.T) {
	for name, c := range map[string]struct {
		n                uint64
		known            uint64
		oldest, youngest time.Duration
		stuck            int
		growth           float64
	}{
		"one that goes on":             {100, 100, 100 * time.Second, time.Second, 100, 1},
		"one that ended":               {100, 100, 100 * time.Second, 40 * time.Second, 100, 0},
		"a program that is just slow":  {100, 100, 20 * time.Second, 0, 0, 0},
		"too few to tell":              {9, 9, 900 * time.Second, time.Second, 0, 0},
		"ages of too few of them":      {100, 49, 100 * time.Second, time.Second, 0, 0},
		"ages that nobody looked up":   {100, 0, 0, 0, 0, 0},
		"no connection in that state ": {},
	} {
		o := ruletest.Outbound("10.0.0.1", "10.0.0.2:80")
		o.States[tcp.CloseWait] = c.n
		o.CloseWait = evidence.CloseWait{Known: c.known, Oldest: c.oldest, Youngest: c.youngest}
		if stuck, growth := leak(&o); stuck != c.stuck || growth != c.growth {
			t.Errorf("%s: %d stuck, %v more a second; want %d, %v", name, stuck, growth, c.stuck, c.growth)
		}
	}
}

// TestTakingOverHidesOldCloses: what was taken over is not in the minute any more,
// which is not a rise of the traffic.
func TestTakingOverHidesOldCloses(t *testing.T) {
	var m evidence.Minute
	for i := range m.Age {
		m.Age[i] = uint32(60 - i)
	}
	hidden := observed(&m, portspace.Reuse{Allowed: true, Delay: time.Second})
	if hidden.Rate != 60 || hidden.Slope != 0 || hidden.Window != 1 {
		t.Errorf("%+v", hidden)
	}
	if plain := observed(&m, portspace.Reuse{}); plain.Slope <= 0 || plain.Window != 10 {
		t.Errorf("%+v", plain)
	}
	if long := observed(&m, portspace.Reuse{Allowed: true, Delay: 30 * time.Second}); long.Window != 10 {
		t.Errorf("%+v", long)
	}
}

func TestLittlesLawHoldsWhileTrafficChanges(t *testing.T) {
	for _, c := range []struct {
		rate, slope float64
		live        int
		want        time.Duration
	}{
		{10, 0, 50, 5 * time.Second},
		{10, 2, 75, 5 * time.Second},     // 10·5 + 2·25/2
		{10, -1, 42, 6 * time.Second},    // 10·6 - 36/2
		{10, -1, 80, 8 * time.Second},    // more than such a fall leaves: as if steady
		{0, 0, 80, 0},                    // nothing tells
		{1e-9, 0, 80, 1e6 * time.Second}, // for ever
	} {
		traffic := Traffic{Rate: c.rate, Slope: c.slope, Live: c.live}
		if got := traffic.little(); got != c.want {
			t.Errorf("%+v: held for %v, want %v", c, got, c.want)
		}
	}
}

func TestLiveConnectionsEndAtTheRateThatWasSeen(t *testing.T) {
	m := Traffic{Hold: 10 * time.Second}
	m.closing.rate, m.closing.slope = 10, 2 // in 10 s: 200
	if first, last := m.ends(0, 200), m.ends(199, 200); first > 100*time.Millisecond || last < 9900*time.Millisecond || last > m.Hold {
		t.Errorf("from %v to %v", first, last)
	}
	early, late := 0, 0
	for i := range 200 {
		switch at := m.ends(i, 200); {
		case at < time.Second:
			early++
		case at >= 9*time.Second:
			late++
		}
	}
	if early < 10 || early > 12 || late < 28 || late > 30 {
		t.Errorf("%d in the first second, %d in the last", early, late)
	}
}

func TestGrowthNeedsMoreThanNoise(t *testing.T) {
	look := func(live uint64) *evidence.Tally {
		o := ruletest.Outbound("10.0.0.1", "10.0.0.2:80")
		o.States[tcp.Established] = live
		return &o
	}
	if g := grown(look(1030), look(1000), 10*time.Second); g != 0 {
		t.Errorf("30 more of 1000 are noise: %v", g)
	}
	if g := grown(look(1300), look(1000), 10*time.Second); g != 30 {
		t.Errorf("300 more in 10 s: %v", g)
	}
	if g := grown(look(700), look(1000), 10*time.Second); g != 0 {
		t.Errorf("fewer: %v", g)
	}
}

func TestArrivalsKeepTheirRate(t *testing.T) {
	total := func(a arrivals, seconds int64) (n int64) {
		for s := range seconds {
			n += a.in(s)
		}
		return n
	}
	if n := total(newArrivals(0.1, 0, nil), 3600); n != 360 {
		t.Errorf("0.1 a second: %d in an hour", n)
	}
	if n := total(newArrivals(100, -10, nil), 3600); n != 550 {
		t.Errorf("falling to nothing in 10 s: %d", n)
	}
	if n := total(newArrivals(0, 1, nil), 70); n != 60*59/2+10*60 {
		t.Errorf("rising for a minute: %d", n)
	}
	noisy := &Traffic{seconds: []uint32{0, 50, 0, 100, 50}}
	noise, ok := noiseOf(noisy, 1)
	if !ok {
		t.Fatal("no noise")
	}
	if n := total(newArrivals(40, 0, noise), 10000); n < 39_0000 || n > 41_0000 {
		t.Errorf("noise moved the mean: %d", n)
	}
}
