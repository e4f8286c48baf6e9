package sockdiag_test

import (
	"context"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe/sockdiag"
	"github.com/linger-dev/linger/internal/tcp"
)

// BenchmarkKernelDump compares a dump that decodes every row with one that is
// received and thrown away, over the same TIME_WAIT sockets.
func BenchmarkKernelDump(b *testing.B) {
	const sockets = 20_000
	req := sockdiag.Request{States: tcp.States(tcp.TimeWait)}
	run := func(dump func(c *sockdiag.Client) (uint64, error)) func(*testing.B) {
		return func(b *testing.B) {
			enterNamespace(b)
			l := listen(b, "127.0.0.1:80", 0)
			for range sockets {
				client, server := connect(b, l, "", "127.0.0.1:80")
				timeWait(b, client, server)
			}
			c := open(b)
			b.ReportAllocs()
			for b.Loop() {
				n, err := dump(c)
				if err != nil || n == 0 {
					b.Fatal(n, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/sockets, "ns/row")
		}
	}
	b.Run("decoded", run(func(c *sockdiag.Client) (uint64, error) {
		var left uint64
		stats, err := c.Dump(context.Background(), req, func(s *evidence.Socket) error { left += uint64(s.Expires); return nil }, nil)
		return stats.Sockets, err
	}))
	b.Run("thrown away", run(func(c *sockdiag.Client) (uint64, error) {
		return c.Drain(context.Background(), req)
	}))
}
