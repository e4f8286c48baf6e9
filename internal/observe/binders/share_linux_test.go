package binders

import (
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/portspace/bindtest"
)

// TestKernelWhoPoisonsAPortForConnectIsPredicted asks for each kind of user of
// a port whether an automatic connect() from another address can share it.
func TestKernelWhoPoisonsAPortForConnectIsPredicted(t *testing.T) {
	t.Parallel()
	other := bindtest.Socket{Addr: bindtest.Other4}
	dialled := func(how bindtest.How, end bindtest.End) bindtest.Actor {
		return bindtest.Actor{Kind: bindtest.Dialled, Socket: other, At: bindtest.Other4, How: how, End: end}
	}
	accepted := func(end bindtest.End, keep bool) bindtest.Actor {
		return bindtest.Actor{Kind: bindtest.Accepted, Socket: other, At: bindtest.Other4, End: end, Keep: keep}
	}
	reader, stage := open(t), bindtest.New(t)
	forgives := portspace.RulesOf(bindtest.Kernel(t), &evidence.Settings{}).Forgives
	for _, c := range []struct {
		actors []bindtest.Actor
		want   bool
	}{
		{nil, true},
		{[]bindtest.Actor{{Kind: bindtest.Idle, Socket: other}}, false},
		{[]bindtest.Actor{{Kind: bindtest.Listens, Socket: other}}, false},
		{[]bindtest.Actor{{Kind: bindtest.Left, Socket: other}}, true},
		{[]bindtest.Actor{accepted(bindtest.Open, true)}, false},
		{[]bindtest.Actor{accepted(bindtest.Open, false)}, false},
		{[]bindtest.Actor{accepted(bindtest.TimeWait, false)}, false},
		{[]bindtest.Actor{dialled(bindtest.Chosen, bindtest.Open)}, false},
		{[]bindtest.Actor{dialled(bindtest.Chosen, bindtest.TimeWait)}, false},
		{[]bindtest.Actor{dialled(bindtest.PortZero, bindtest.TimeWait)}, false},
		{[]bindtest.Actor{dialled(bindtest.Automatic, bindtest.Open)}, true},
		{[]bindtest.Actor{dialled(bindtest.Automatic, bindtest.TimeWait)}, true},
		{[]bindtest.Actor{dialled(bindtest.NoPort, bindtest.Open)}, true},
		{[]bindtest.Actor{dialled(bindtest.NoPort, bindtest.TimeWait)}, true},
		{[]bindtest.Actor{dialled(bindtest.Automatic, bindtest.Open), {Kind: bindtest.Left, Socket: bindtest.Socket{Addr: bindtest.Loop4}}}, forgives},
		{[]bindtest.Actor{dialled(bindtest.Automatic, bindtest.TimeWait), {Kind: bindtest.Stopped, Socket: bindtest.Socket{Addr: bindtest.Loop4}}}, forgives},
	} {
		var held *evidence.PortHolders
		var kernel, err error
		must := stage.Host.Do(func() error {
			port := stage.Port()
			for _, a := range c.actors {
				if _, err := stage.Put(a, port); err != nil {
					return err
				}
			}
			if held, err = reader.Port(stage.Host.ID(), port); err != nil {
				return err
			}
			kernel, err = stage.Dial(bindtest.Socket{Addr: bindtest.Own4}, port)
			stage.Clear()
			return err
		})
		if must != nil {
			t.Fatal(must)
		}
		if got := portspace.Shareable(held); got != evidence.TriOf(c.want) || (kernel == nil) != c.want {
			t.Errorf("%v: said %s, the kernel %v, want %v", c.actors, got, kernel, c.want)
		}
	}
}
