package forecast_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/forecast"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/rule/ruletest"
	"github.com/linger-dev/linger/internal/tcp"
)

// drawn is evidence of one busy group in a small range.
func drawn(t *rapid.T) *evidence.Snapshot {
	return ruletest.Snapshot(func(s *evidence.Snapshot, ns *evidence.Namespace) {
		size := rapid.IntRange(1, 400).Draw(t, "size")
		s.Host.Kernel = rapid.SampledFrom([]evidence.Kernel{"2.6.32", "4.4", "4.9", "5.4", "6.1", "6.18"}).Draw(t, "kernel")
		ns.Settings.PortLow, ns.Settings.PortHigh = evidence.IntOf(20000), evidence.IntOf(20000+int64(size)-1)
		ns.Settings.TWReuse = evidence.IntOf(rapid.Int64Range(0, 2).Draw(t, "reuse"))
		o := ruletest.Outbound("10.0.0.1", "10.0.0.2:80")
		port := uint16(20000)
		seconds := rapid.IntRange(1, 60).Draw(t, "seconds")
		for i := seconds - 1; i >= 0; i-- {
			n := min(rapid.IntRange(0, 12).Draw(t, "n"), 20000+size-int(port))
			for range n {
				o.Ports.Add(port)
				o.TimeWaitPorts.Add(port)
				port++
			}
			o.Minute.Age[i] = uint32(n)
			o.States[tcp.TimeWait] += uint64(n)
		}
		ruletest.Live(&o, tcp.Established, rapid.IntRange(0, (20000+size-int(port))/2).Draw(t, "live"), port)
		ns.Tallies = []evidence.Tally{o}
	})
}

// outlook is the future of the only group at so many times the traffic.
func outlook(s *evidence.Snapshot, c forecast.Change) (forecast.Outlook, bool) {
	c.Namespace, c.Group = s.Namespaces[0].Name, s.Namespaces[0].Tallies[0].Key
	return forecast.New(s, forecast.Options{}).If(c)
}

// later reports whether a runs out later than b does, or never.
func later(a, b forecast.Outlook, slack time.Duration) bool {
	if b.Never || a.Never {
		return a.Never && !b.Never
	}
	return a.In > b.In+slack
}

func TestMoreTrafficNeverMeansLaterExhaustion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawn(t)
		low := rapid.Float64Range(0.5, 4).Draw(t, "times")
		high := low * rapid.Float64Range(1.3, 8).Draw(t, "more")
		a, ok1 := outlook(s, forecast.Change{Times: low})
		b, ok2 := outlook(s, forecast.Change{Times: high})
		if !ok1 || !ok2 {
			t.Fatal("no outlook")
		}
		if later(b, a, time.Second) {
			t.Fatalf("at %.2f times: %+v; at %.2f times: %+v", low, a, high, b)
		}
	})
}

func TestAWiderRangeIsNeverOutEarlier(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawn(t)
		wide := s.Namespaces[0].Settings
		wide.PortHigh.Value += 2 * rapid.Int64Range(1, 100).Draw(t, "more")
		a, ok1 := outlook(s, forecast.Change{})
		b, ok2 := outlook(s, forecast.Change{Settings: &wide})
		if !ok1 || !ok2 {
			t.Fatal("no outlook")
		}
		if later(a, b, time.Second) {
			t.Fatalf("as it is: %+v; wider: %+v", a, b)
		}
	})
}

func TestTheSameBytesGiveTheSameForecast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawn(t)
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var forecasts [2][]byte
		for i := range forecasts {
			var read evidence.Snapshot
			if err := json.Unmarshal(text, &read); err != nil {
				t.Fatal(err)
			}
			if forecasts[i], err = json.Marshal(forecast.Of(&read, forecast.Options{})); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(forecasts[0], forecasts[1]) {
			t.Fatalf("%s\n%s", forecasts[0], forecasts[1])
		}
		if after, _ := json.Marshal(s); !bytes.Equal(after, text) {
			t.Fatal("the evidence was changed")
		}
	})
}

func TestTheRangeHoldsTheExpectation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := forecast.Of(drawn(t), forecast.Options{})
		for _, g := range f.Groups {
			for _, o := range []*forecast.Outlook{g.AsIs, g.Twice, g.Ten} {
				switch {
				case o == nil:
					t.Fatal("one group was not simulated whole")
				case o.Never && (o.In != 0 || o.Late != 0), !o.Never && o.Ranged && (o.Early > o.In || o.Late != 0 && o.Late < o.In):
					t.Fatalf("%+v", o)
				case o.Held > o.Of && o.Runs > 0:
					t.Fatalf("more ports are held than there are: %+v", o)
				}
			}
		}
	})
}

// TestForecastsAgreeWithArithmeticWhereThatIsRight compares with
// portspace.Runout: steady traffic, nothing taken over, an even range, and not so
// near to the wall that the timer wheel decides.
func TestForecastsAgreeWithArithmeticWhereThatIsRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		perSecond, seconds := rapid.IntRange(2, 40).Draw(t, "n"), rapid.IntRange(11, 60).Draw(t, "seconds")
		size := perSecond*seconds + 2*rapid.IntRange(1, 800).Draw(t, "more")
		size += size % 2
		if ratio := float64(size) / float64(perSecond*61); ratio > 0.9 && ratio < 1.1 {
			t.Skip("at the wall")
		}
		s := toward(perSecond, seconds, 0, size, nil)
		b, _ := portspace.Of(&s.Namespaces[0], &s.Namespaces[0].Tallies[0])
		want := portspace.Runout(&b, &s.Namespaces[0].Tallies[0])
		got, ok := outlook(s, forecast.Change{})
		if !ok || got.Never != want.Never {
			t.Fatalf("%+v, arithmetic says %+v", got, want)
		}
		if got.In < want.In-2*time.Second || got.In > want.In+2*time.Second {
			t.Fatalf("%+v, arithmetic says %+v", got, want)
		}
	})
}
