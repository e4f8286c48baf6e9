package twin_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/twin"
)

var (
	here  = netip.MustParseAddr("10.0.0.1")
	there = netip.MustParseAddrPort("10.0.0.2:80")
)

func newHost(t testing.TB, o twin.Options) *twin.Host {
	t.Helper()
	h, err := twin.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func set(t testing.TB, h *twin.Host, key, value string) {
	t.Helper()
	if err := h.Set(key, value); err != nil {
		t.Fatal(err)
	}
}

func benchmark(b *testing.B, rate int64, reuse string) {
	h := newHost(b, twin.Options{Seed: 1})
	set(b, h, "net.ipv4.tcp_tw_reuse", reuse)
	d := h.Drive(twin.Traffic{Groups: []twin.GroupID{h.Outbound(here, there)}, Rate: rate})
	d.Run(130 * time.Second)
	begin := d.Tried
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		d.Run(130*time.Second + time.Duration(i+1)*time.Duration(int64(time.Second)/rate*1000))
	}
	b.ReportMetric(float64(d.Tried-begin)/b.Elapsed().Seconds()/1e6, "M/s")
	b.ReportMetric(float64(d.Failed), "failed")
}

func BenchmarkQuietRange(b *testing.B)      { benchmark(b, 100, "0") }
func BenchmarkNearlyFullRange(b *testing.B) { benchmark(b, 455, "0") }
func BenchmarkFullRange(b *testing.B)       { benchmark(b, 2000, "0") }
func BenchmarkReuse(b *testing.B)           { benchmark(b, 28000, "1") }
