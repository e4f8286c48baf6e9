package sockdiag_test

import (
	"context"
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe/sockdiag"
	"github.com/linger-dev/linger/internal/observe/sockdiag/sockdiagtest"
	"github.com/linger-dev/linger/internal/tcp"
)

// drawAddr draws from few addresses, so that filters hit.
func drawAddr(t *rapid.T, label string) netip.Addr {
	return netip.MustParseAddr(rapid.SampledFrom([]string{
		"10.0.0.1", "10.0.0.2", "10.128.0.1", "127.0.0.1", "::1", "fd00::1", "fd00:0:0:8000::1",
	}).Draw(t, label))
}

func drawPorts(t *rapid.T, label string) sockdiag.PortMatch {
	low := rapid.Uint16Range(0, 20).Draw(t, label)
	high := rapid.SampledFrom([]uint16{low, low + 3, 65535}).Draw(t, label+" high")
	return sockdiag.PortMatch{Low: low, High: high}
}

func drawPrefix(t *rapid.T, label string) netip.Prefix {
	if rapid.Bool().Draw(t, label+" any") {
		return netip.Prefix{}
	}
	addr := drawAddr(t, label)
	return netip.PrefixFrom(addr, rapid.IntRange(0, addr.BitLen()).Draw(t, label+" bits"))
}

func drawRow(t *rapid.T) sockdiagtest.Row {
	src := drawAddr(t, "source")
	dst := src
	if !rapid.Bool().Draw(t, "loop") {
		dst = drawAddr(t, "destination")
	}
	if dst.Is4() != src.Is4() {
		dst = src
	}
	r := sockdiagtest.Row{Explicit: rapid.Bool().Draw(t, "explicit")}
	r.State = rapid.SampledFrom([]tcp.State{tcp.Established, tcp.TimeWait, tcp.Listen}).Draw(t, "state")
	if r.State == tcp.TimeWait {
		r.Timer = evidence.TimerTimeWait
	}
	r.V6 = src.Is6() || rapid.Bool().Draw(t, "mapped")
	r.Src, r.Dst = evidence.AddrOf(src), evidence.AddrOf(dst)
	r.SrcPort = rapid.Uint16Range(1, 20).Draw(t, "source port")
	r.DstPort = rapid.Uint16Range(1, 20).Draw(t, "destination port")
	return r
}

func within(m sockdiag.PortMatch, port uint16) bool {
	return m == sockdiag.PortMatch{} || m.Low <= port && port <= m.High
}

// inside says that an AF_INET6 socket with mapped addresses is matched both as
// IPv4 and by the bits of its IPv6 form.
func inside(p netip.Prefix, v6 bool, a evidence.Addr) bool {
	return !p.IsValid() || p.Contains(a.Netip()) || v6 && p.Contains(netip.AddrFrom16(a))
}

func TestFiltersSelectWhatTheRequestSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		req := sockdiag.Request{
			LocalPort: drawPorts(t, "local ports"), RemotePort: drawPorts(t, "remote ports"),
			Local: drawPrefix(t, "local"), Remote: drawPrefix(t, "remote"),
			Explicit: rapid.Bool().Draw(t, "only explicit"),
		}
		var want []evidence.Socket
		kernel := new(sockdiagtest.Kernel)
		for range 20 {
			r := drawRow(t)
			kernel.Rows = append(kernel.Rows, r)
			if within(req.LocalPort, r.SrcPort) && within(req.RemotePort, r.DstPort) &&
				inside(req.Local, r.V6, r.Src) && inside(req.Remote, r.V6, r.Dst) &&
				(!req.Explicit || r.Explicit && !r.Mini()) {
				want = append(want, r.Socket)
			}
		}
		var got []evidence.Socket
		if _, err := kernel.Client().Dump(context.Background(), req, func(s *evidence.Socket) error {
			got = append(got, *s)
			return nil
		}, nil); err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Fatalf("%+v selects %d rows, want %d", req, len(got), len(want))
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("row %d\n got %+v\nwant %+v", i, got[i], want[i])
			}
		}
	})
}
