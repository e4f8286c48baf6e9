package rawpeer

import (
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// The speed of one connection over a link that is not disturbed.
func BenchmarkKernelStream(b *testing.B) {
	const size = 16 << 20
	for _, from := range []Side{Raw, Kernel} {
		b.Run("from "+from.String(), func(b *testing.B) {
			h := host(b)
			p := attach(b, h, Options{Params: tcp.Params{Timestamps: true, Window: 1 << 20, Linux: true}})
			l := kernelListens(b, h, netip.MustParseAddrPort("10.9.0.1:80"))
			b.SetBytes(size)
			for b.Loop() {
				stream(b, p, l, from, size)
			}
		})
	}
}

func stream(b *testing.B, p *Peer, l *net.TCPListener, from Side, size int64) {
	c, err := p.Dial(b.Context(), netip.AddrPort{}, netip.MustParseAddrPort("10.9.0.1:80"))
	must(b, err)
	k, err := l.AcceptTCP()
	must(b, err)
	must(b, k.SetDeadline(time.Now().Add(patience)))
	if from == Kernel {
		go func() {
			_, _ = k.Write(make([]byte, size))
			_ = k.Close()
		}()
		got := int64(len(bytesOf(b, b.Context(), c)))
		if got != size {
			b.Fatalf("%d bytes came", got)
		}
		must(b, c.Close())
		return
	}
	go func() {
		_, _ = c.Write(b.Context(), make([]byte, size))
		_ = c.Close()
	}()
	got, err := io.Copy(io.Discard, k)
	must(b, err)
	if got != size {
		b.Fatalf("%d bytes came", got)
	}
	must(b, k.Close())
}
