package forecast_test

import (
	"fmt"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/forecast"
	"github.com/linger-dev/linger/internal/rule/ruletest"
	"github.com/linger-dev/linger/internal/tcp"
)

// many returns a host with so many busy destinations, each near the wall.
func many(destinations, perSecond int) *evidence.Snapshot {
	return ruletest.Snapshot(func(_ *evidence.Snapshot, ns *evidence.Namespace) {
		for i := range destinations {
			t := ruletest.Outbound("10.0.0.1", fmt.Sprintf("10.1.%d.%d:80", i/250, i%250+1))
			ruletest.TimeWait(&t, perSecond*55, 55, 32768)
			ruletest.Live(&t, tcp.Established, 200, 32768+uint16(perSecond*55))
			ns.Tallies = append(ns.Tallies, t)
		}
		ns.Settings.MaxTWBuckets = evidence.IntOf(-1)
	})
}

func benchmark(b *testing.B, s *evidence.Snapshot) {
	b.ReportAllocs()
	work := 0
	for b.Loop() {
		work = forecast.Of(s, forecast.Options{}).Work
	}
	b.ReportMetric(float64(work), "connections")
}

// The names say how many destinations are how near to running out.
func BenchmarkOneAtTheWall(b *testing.B)            { benchmark(b, many(1, 455)) }
func BenchmarkEightAtTheWall(b *testing.B)          { benchmark(b, many(8, 455)) }
func BenchmarkTwoThousandAtTheWall(b *testing.B)    { benchmark(b, many(2000, 455)) }
func BenchmarkTwoThousandModest(b *testing.B)       { benchmark(b, many(2000, 100)) }
func BenchmarkTwoThousandThatAreQuiet(b *testing.B) { benchmark(b, many(2000, 1)) }
