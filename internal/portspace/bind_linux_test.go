package portspace_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/portspace/bindtest"
)

// form is an address, in the family it is asked for in.
type form struct {
	addr       netip.Addr
	v6, v6only bool
}

// forms are all that bind() tells apart: an own address, the wildcard, both
// once more in IPv4-mapped form, and IPv6 with and without IPV6_V6ONLY.
func forms() []form {
	return []form{
		{bindtest.Own4, false, false},
		{bindtest.Any4, false, false},
		{bindtest.Own4, true, false},
		{bindtest.Any4, true, false},
		{bindtest.Any6, true, false},
		{bindtest.Any6, true, true},
		{bindtest.Own6, true, false},
	}
}

// others are the further addresses that a newcomer asks for.
func others() []form {
	return []form{
		{bindtest.Other4, false, false},
		{bindtest.Instead4, false, false},
		{bindtest.Other4, true, false},
		{bindtest.Other6, true, false},
	}
}

// at lists where a connection of a socket of this form can be.
func (f form) at() []netip.Addr {
	switch {
	case !f.addr.IsUnspecified():
		return []netip.Addr{f.addr}
	case f.addr.Is4():
		return []netip.Addr{bindtest.Own4}
	case f.v6only:
		return []netip.Addr{bindtest.Own6}
	}
	return []netip.Addr{bindtest.Own4, bindtest.Own6}
}

func (f form) socket(options, uid int) bindtest.Socket {
	return bindtest.Socket{
		Addr: f.addr, V6: f.v6, V6Only: f.v6only, UID: uid,
		ReuseAddr: options&1 != 0, ReusePort: options&2 != 0,
	}
}

// actors returns all that can be at a port with sockets of one form, but for
// their options.
func actors(f form) []bindtest.Actor {
	all := []bindtest.Actor{{Kind: bindtest.Idle}, {Kind: bindtest.Listens}}
	for _, at := range f.at() {
		for _, end := range []bindtest.End{bindtest.Open, bindtest.TimeWait, bindtest.Half} {
			all = append(all, bindtest.Actor{Kind: bindtest.Accepted, At: at, End: end})
			for _, how := range []bindtest.How{bindtest.Automatic, bindtest.Chosen, bindtest.NoPort, bindtest.PortZero} {
				all = append(all, bindtest.Actor{Kind: bindtest.Dialled, How: how, At: at, End: end})
			}
		}
	}
	return all
}

func request(s bindtest.Socket, port uint16) portspace.Request {
	return portspace.Request{
		Addr: s.Addr, Port: port, V6: s.V6, V6Only: s.V6Only, ReuseAddr: s.ReuseAddr, ReusePort: s.ReusePort,
		UID: uint32(s.UID), Privileged: true, Here: evidence.Yes,
	}
}

// errno names what the kernel answered.
func errno(err error) portspace.Errno {
	for _, known := range []struct {
		errno unix.Errno
		name  portspace.Errno
	}{
		{unix.EADDRINUSE, portspace.EADDRINUSE},
		{unix.EADDRNOTAVAIL, portspace.EADDRNOTAVAIL},
		{unix.EACCES, portspace.EACCES},
		{unix.EINVAL, portspace.EINVAL},
	} {
		if errors.Is(err, known.errno) {
			return known.name
		}
	}
	if err != nil {
		return portspace.Errno(err.Error())
	}
	return portspace.OK
}

func sure(o portspace.Outcome) string { return fmt.Sprintf("%q sure %v", o.Errno, o.Sure) }

// TestKernelEveryCellOfTheBindMatrixIsPredicted walks all holders × their four
// options × all addresses × the newcomer's four options × the same and another
// uid, each at a fresh port. With -short it is each seventh of these cells for each
// fifth holder, others each time: all take a minute, and minutes on an emulated
// kernel.
func TestKernelEveryCellOfTheBindMatrixIsPredicted(t *testing.T) {
	t.Parallel()
	step, first, holders, holder := 1, 0, 1, 0
	if testing.Short() {
		step = 7 // no divisor of the eight choices
		first, holders = rand.IntN(step), 5
		holder = rand.IntN(holders)
		t.Logf("each seventh cell, number %d first, each fifth holder, number %d first", step-first, holders-holder)
	}
	rules := portspace.RulesOf(bindtest.Kernel(t), &evidence.Settings{})
	for _, f := range forms() {
		for _, actor := range actors(f) {
			if holder++; holder%holders != 0 {
				continue
			}
			actor.Socket = f.socket(0, 0)
			t.Run(actor.String(), func(t *testing.T) {
				t.Parallel()
				walk(t, rules, f, actor, step, first)
			})
		}
	}
}

func walk(t *testing.T, rules portspace.Rules, f form, actor bindtest.Actor, step, first int) {
	stage := bindtest.New(t)
	cells, next := 0, first
	must(t, stage.Host.Do(func() error {
		for options := range 4 {
			for _, asked := range append(forms(), others()...) {
				for choice := range 8 {
					if next++; next%step != 0 {
						continue
					}
					actor.Socket = f.socket(options, 0)
					newcomer := asked.socket(choice%4, choice/4*1000)
					port := stage.Port()
					held, err := stage.Put(actor, port)
					if err != nil {
						return fmt.Errorf("%s: %w", actor, err)
					}
					compare(t, stage, rules, newcomer, &evidence.PortHolders{Port: port, Holders: held}, actor.String())
					stage.Clear()
					cells++
				}
			}
		}
		return nil
	}))
	t.Logf("%d cells", cells)
}

// compare asks rules and kernel.
func compare(t *testing.T, stage *bindtest.Stage, rules portspace.Rules, newcomer bindtest.Socket, held *evidence.PortHolders, about string) {
	v := portspace.Bind(rules, request(newcomer, held.Port), held)
	bind, listen := stage.Ask(newcomer, held.Port)
	if want := (portspace.Outcome{Errno: errno(bind), Sure: true}); v.Bind != want {
		t.Errorf("%s; then bind by %s: said %s, the kernel %q", about, newcomer, sure(v.Bind), want.Errno)
	}
	if want := (portspace.Outcome{Errno: errno(listen), Sure: true}); v.Listen != want {
		t.Errorf("%s; then listen by %s: said %s, the kernel %q", about, newcomer, sure(v.Listen), want.Errno)
	}
}
