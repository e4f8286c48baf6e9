package binders

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/portspace/bindtest"
)

// TestKernelAccountsTellHowManyConnectsSucceed lets random users come to the
// ports of a small range, then connects to one service until connect() fails,
// and checks before each how many are said to be left.
func TestKernelAccountsTellHowManyConnectsSucceed(t *testing.T) {
	t.Parallel()
	for _, size := range []uint16{1, 2, 3, 16, 21} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			stage, d := bindtest.New(t), draw{rand.New(rand.NewPCG(uint64(size), 7))}
			first := stage.Port()
			span := evidence.PortRange{Low: first, High: first + size - 1}
			populate(t, stage, d, span)
			if err := stage.Host.Sysctl("net.ipv4.ip_local_port_range", fmt.Sprintf("%d %d", span.Low, span.High)); err != nil {
				t.Fatal(err)
			}
			exhaust(t, stage, span)
		})
	}
}

// populate gives every second port a user.
func populate(t *testing.T, stage *bindtest.Stage, d draw, span evidence.PortRange) {
	t.Helper()
	err := stage.Host.Do(func() error {
		for p := int(span.Low); p <= int(span.High); p += 2 {
			if _, err := stage.Put(d.actor(), uint16(p)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func exhaust(t *testing.T, stage *bindtest.Stage, span evidence.PortRange) {
	t.Helper()
	reader := open(t)
	var said []portspace.Account
	err := stage.Host.Do(func() error {
		target, err := stage.Service(bindtest.Own4)
		if err != nil {
			return err
		}
		for range span.Len() + 1 {
			a, err := account(reader, stage, span, target)
			if err != nil {
				return err
			}
			said = append(said, a)
			ok, err := stage.Open(bindtest.Own4, target)
			if err != nil || !ok {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	succeeded := len(said) - 1
	for i, a := range said {
		if really := succeeded - i; really < a.Left.Min || really > a.Left.Max || !a.Sure {
			t.Errorf("after %d connections %d could still be opened, but said %+v", i, really, a)
		}
	}
	t.Logf("%d of %d ports were left", succeeded, span.Len())
}

func account(reader *Reader, stage *bindtest.Stage, span evidence.PortRange, target netip.AddrPort) (portspace.Account, error) {
	u, err := reader.Ports(stage.Host.ID(), span, bindtest.Own4, target)
	if err != nil {
		return portspace.Account{}, err
	}
	settings := evidence.Settings{TWReuse: evidence.IntOf(2)}
	return portspace.AccountOf(&settings, u, bindtest.Own4, target.Addr()), nil
}
