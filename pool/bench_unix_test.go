//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package pool_test

import (
	"context"
	"net"
	"testing"

	"github.com/jackc/puddle/v2"

	"github.com/linger-dev/linger/pool"
)

// lender is a way to have a connection for one request.
type lender struct {
	name string
	open func(b *testing.B, address string) (borrow func() (c net.Conn, giveBack func()))
}

// lenders are the pool and what it is compared with: puddle alone, which lends
// what is dead or out of step; puddle with the look at the socket that a pool
// needs to know; and no pool.
func lenders() []lender {
	return []lender{
		{"puddle", func(b *testing.B, address string) func() (net.Conn, func()) {
			p := newPuddle(b, address)
			return func() (net.Conn, func()) {
				r, err := p.Acquire(b.Context())
				must(b, err)
				return r.Value(), r.Release
			}
		}},
		{"puddle-with-look", func(b *testing.B, address string) func() (net.Conn, func()) {
			p := newPuddle(b, address)
			return func() (net.Conn, func()) {
				r, err := p.Acquire(b.Context())
				must(b, err)
				if !alive(r.Value()) {
					b.Fatal("dead")
				}
				return r.Value(), r.Release
			}
		}},
		{"pool", func(b *testing.B, address string) func() (net.Conn, func()) {
			p := newPool(b, pool.Options{})
			return func() (net.Conn, func()) {
				c, err := p.Get(b.Context(), "tcp", address)
				must(b, err)
				return c, c.Release
			}
		}},
		{"dial", func(b *testing.B, address string) func() (net.Conn, func()) {
			return func() (net.Conn, func()) {
				c, err := net.Dial("tcp", address)
				must(b, err)
				// A reset leaves no TIME_WAIT, so that the benchmark does not
				// use up the machine's ports; FIN takes no less time.
				must(b, c.(*net.TCPConn).SetLinger(0))
				return c, func() { c.Close() }
			}
		}},
	}
}

func newPuddle(b *testing.B, address string) *puddle.Pool[net.Conn] {
	p, err := puddle.NewPool(&puddle.Config[net.Conn]{
		Constructor: func(context.Context) (net.Conn, error) { return net.Dial("tcp", address) },
		Destructor:  func(c net.Conn) { c.Close() },
		MaxSize:     100,
	})
	must(b, err)
	b.Cleanup(p.Close)
	return p
}

// BenchmarkLoan borrows a connection and gives it back: what the pool itself costs.
func BenchmarkLoan(b *testing.B) {
	s := listen(b)
	for _, l := range lenders()[:3] {
		b.Run(l.name, func(b *testing.B) {
			borrow := l.open(b, s.addr())
			b.ReportAllocs()
			for b.Loop() {
				_, giveBack := borrow()
				giveBack()
			}
		})
	}
}

// BenchmarkLoanParallel is BenchmarkLoan by as many at a time as there are processors.
func BenchmarkLoanParallel(b *testing.B) {
	s := listen(b)
	for _, l := range lenders()[:3] {
		b.Run(l.name, func(b *testing.B) {
			borrow := l.open(b, s.addr())
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					_, giveBack := borrow()
					giveBack()
				}
			})
		})
	}
}

// BenchmarkRequest sends 64 bytes over loopback and waits for them to come back.
func BenchmarkRequest(b *testing.B) {
	s := listen(b)
	for _, l := range lenders() {
		b.Run(l.name, func(b *testing.B) {
			borrow := l.open(b, s.addr())
			var buf [64]byte
			for b.Loop() {
				c, giveBack := borrow()
				if _, err := c.Write(buf[:]); err != nil {
					b.Fatal(err)
				}
				for got := 0; got < len(buf); {
					n, err := c.Read(buf[got:])
					if err != nil {
						b.Fatal(err)
					}
					got += n
				}
				giveBack()
			}
		})
	}
}
