package binders

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe/sockdiag"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/portspace/bindtest"
	"github.com/linger-dev/linger/internal/tcp"
)

// TestKernelADumpIsNeverSureOfWhatIsNotSo compares what can be said without the
// kernel's structures with what they say, and with bind().
func TestKernelADumpIsNeverSureOfWhatIsNotSo(t *testing.T) {
	t.Parallel()
	kernel := bindtest.Kernel(t)
	if !kernel.AtLeast(6, 8) {
		t.Skip("kernels before 6.8 do not list bound sockets that are not listening")
	}
	reader, stage, d := open(t), bindtest.New(t), draw{rand.New(rand.NewPCG(rand.Uint64(), 1))}
	rules := portspace.RulesOf(kernel, &evidence.Settings{})
	var sure, unsure int
	err := stage.Host.Do(func() error {
		client, err := sockdiag.Open()
		if err != nil {
			return err
		}
		defer client.Close() //nolint:errcheck // only read
		for range 400 {
			port := stage.Port()
			for range d.IntN(4) {
				if _, err := stage.Put(d.actor(), port); err != nil && err != bindtest.ErrElsewhere {
					return err
				}
			}
			exact, err := reader.Port(stage.Host.ID(), port)
			if err != nil {
				return err
			}
			dump, err := gathered(client, port)
			if err != nil {
				return err
			}
			if got, want := rough(dump.Holders), rough(exact.Holders); !slices.Equal(got, want) {
				t.Errorf("dumped %q\nread   %q", got, want)
			}
			s := d.socket()
			req := portspace.Request{
				Addr: s.Addr, Port: port, V6: s.V6, V6Only: s.V6Only, ReuseAddr: s.ReuseAddr, ReusePort: s.ReusePort,
				UID: uint32(s.UID), Privileged: true, Here: evidence.Yes,
			}
			v, known := portspace.Bind(rules, req, dump), portspace.Bind(rules, req, exact)
			bind, _ := stage.Ask(s, port)
			if v.Bind.Sure && v.Bind != answer(bind) && !known.Remembered {
				t.Errorf("%s; %v: said %+v, the kernel %v", s, dump.Holders, v.Bind, bind)
			}
			if v.Bind.Sure {
				sure++
			} else {
				unsure++
			}
			stage.Clear()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d sure, %d unsure", sure, unsure)
	if sure == 0 || unsure == 0 {
		t.Errorf("%d sure, %d unsure", sure, unsure)
	}
}

func gathered(client *sockdiag.Client, port uint16) (*evidence.PortHolders, error) {
	var g Gather
	req := sockdiag.Request{States: tcp.AllStates | tcp.States(tcp.BoundInactive), LocalPort: sockdiag.Port(port)}
	_, err := client.Dump(context.Background(), req, func(s *evidence.Socket) error {
		g.Add(s)
		return nil
	}, g.Reset)
	return g.Holders(port), err
}

// rough tells what both ways of looking can know.
func rough(holders []evidence.Holder) []string {
	var all []string
	for _, h := range holders {
		for range h.Count {
			all = append(all, fmt.Sprint(h.Addr, h.State, h.Mini, h.Orphan))
		}
	}
	slices.Sort(all)
	return all
}
