package binders

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/portspace/bindtest"
)

// parts run side by side.
const parts = 12

// situations is how many are drawn for each part.
func situations() int {
	if testing.Short() {
		return 30
	}
	return 500
}

func open(t *testing.T) *Reader {
	t.Helper()
	r, err := Open(250)
	var missing *UnavailableError
	if errors.As(err, &missing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// draw makes random users of a port. Nobody listens at an address that is not
// there, and only what can be connected is.
type draw struct{ *rand.Rand }

func pick[T any](d draw, of ...T) T { return of[d.IntN(len(of))] }

func (d draw) socket() bindtest.Socket {
	s := bindtest.Socket{
		V6: d.IntN(2) == 0, ReuseAddr: d.IntN(2) == 0, ReusePort: d.IntN(2) == 0, UID: pick(d, 0, 0, 1000, 1001),
		Addr: pick(d, bindtest.Own4, bindtest.Own4, bindtest.Other4, bindtest.Loop4, bindtest.Instead4, bindtest.Any4, bindtest.Any4),
	}
	if s.V6 && d.IntN(3) > 0 {
		s.Addr = pick(d, bindtest.Own6, bindtest.Own6, bindtest.Other6, bindtest.Any6, bindtest.Any6)
		s.V6Only = d.IntN(3) == 0
	}
	return s
}

func (d draw) actor() bindtest.Actor {
	a := bindtest.Actor{
		Socket: d.socket(),
		Kind: pick(d, bindtest.Idle, bindtest.Listens, bindtest.Left, bindtest.Stopped,
			bindtest.Accepted, bindtest.Accepted, bindtest.Dialled, bindtest.Dialled),
		End: pick(d, bindtest.Open, bindtest.TimeWait, bindtest.TimeWait, bindtest.Half),
		How: pick(d, bindtest.Automatic, bindtest.Automatic, bindtest.Chosen, bindtest.NoPort, bindtest.PortZero),
	}
	a.At = a.Addr
	if a.Addr.IsUnspecified() {
		a.At = pick(d, bindtest.Own4, bindtest.Other4)
		if a.Addr.Is6() && (a.V6Only || d.IntN(2) == 0) {
			a.At = pick(d, bindtest.Own6, bindtest.Other6)
		}
	}
	a.Keep = a.Kind == bindtest.Accepted && a.End == bindtest.Open && d.IntN(2) == 0
	return a
}

// TestKernelRandomSituationsArePredicted lets up to four random users come to
// a fresh port, and some go; reads who holds it then; and compares what the
// rules make of that with what the kernel answers to a random newcomer. It takes
// a minute, but with -short.
func TestKernelRandomSituationsArePredicted(t *testing.T) {
	t.Parallel()
	answers := make(chan tally, parts)
	t.Cleanup(func() { // after all parts
		close(answers)
		check(t, answers)
	})
	for part := range parts {
		t.Run(fmt.Sprint(part), func(t *testing.T) {
			t.Parallel()
			seed := rand.Uint64()
			reader, stage, d := open(t), bindtest.New(t), draw{rand.New(rand.NewPCG(seed, 0))}
			rules := portspace.RulesOf(bindtest.Kernel(t), &evidence.Settings{})
			t.Logf("seed %d", seed)
			var n tally
			err := stage.Host.Do(func() error {
				for range situations() {
					if err := n.play(t, stage, reader, rules, d); err != nil {
						return err
					}
					stage.Clear()
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			answers <- n
		})
	}
}

// tally counts the answers.
type tally struct{ free, refused, remembered int }

// check looks whether the answers of all parts differ: a test in which all are
// alike would prove little. One part alone is too few to tell.
func check(t *testing.T, parts <-chan tally) {
	var all tally
	for n := range parts {
		all.free += n.free
		all.refused += n.refused
		all.remembered += n.remembered
	}
	t.Logf("%+v", all)
	if played := all.free + all.refused + all.remembered; all.free < played/10 || all.refused < played/10 {
		t.Errorf("the situations are too much alike: %+v", all)
	}
}

func (n *tally) play(t *testing.T, stage *bindtest.Stage, reader *Reader, rules portspace.Rules, d draw) error {
	port := stage.Port()
	var story []string
	var put []evidence.Holder
	known := true
	for range d.IntN(5) {
		a := d.actor()
		held, err := stage.Put(a, port)
		if errors.Is(err, bindtest.ErrElsewhere) {
			known = false
		} else if err != nil {
			return fmt.Errorf("%s: %w", a, err)
		}
		put = append(put, held...)
		story = append(story, a.String())
	}
	seen, err := reader.Port(stage.Host.ID(), port)
	if err != nil {
		return err
	}
	if got, want := words(seen.Holders, rules), words(put, rules); known && !slices.Equal(got, want) {
		t.Errorf("%q\nread   %q\nplaced %q", story, got, want)
	}
	s := d.socket()
	v := portspace.Bind(rules, portspace.Request{
		Addr: s.Addr, Port: port, V6: s.V6, V6Only: s.V6Only, ReuseAddr: s.ReuseAddr, ReusePort: s.ReusePort,
		UID: uint32(s.UID), Privileged: true, Here: evidence.Yes,
	}, seen)
	bind, listen := stage.Ask(s, port)
	if want := answer(bind); v.Bind != want {
		t.Errorf("%q\nthen bind by %s: said %+v, the kernel %q", story, s, v.Bind, want.Errno)
	}
	if want := answer(listen); v.Listen != want {
		t.Errorf("%q\nthen listen by %s: said %+v, the kernel %q", story, s, v.Listen, want.Errno)
	}
	if err := share(t, stage, reader, port, d.Uint64()%2 == 0, fmt.Sprint(story)); err != nil {
		return err
	}
	switch {
	case v.Remembered:
		n.remembered++
	case v.Succeeds():
		n.free++
	default:
		n.refused++
	}
	return nil
}

// share compares what is said of sharing the port with connect() and what the
// kernel does.
func share(t *testing.T, stage *bindtest.Stage, reader *Reader, port uint16, v6 bool, about string) error {
	held, err := reader.Port(stage.Host.ID(), port)
	if err != nil {
		return err
	}
	from := bindtest.Socket{Addr: bindtest.Own4}
	if v6 {
		from = bindtest.Socket{Addr: bindtest.Own6, V6: true}
	}
	connect, err := stage.Dial(from, port)
	if err != nil {
		return err
	}
	want := evidence.TriOf(connect == nil)
	if errors.Is(connect, unix.EADDRNOTAVAIL) || connect == nil {
		if got := portspace.Shareable(held); got != want {
			t.Errorf("%s: may connect() share the port? said %s, the kernel %v", about, got, connect)
		}
		return nil
	}
	return connect
}

func answer(err error) portspace.Outcome {
	o := portspace.Outcome{Sure: true}
	switch {
	case errors.Is(err, unix.EADDRINUSE):
		o.Errno = portspace.EADDRINUSE
	case errors.Is(err, unix.EINVAL):
		o.Errno = portspace.EINVAL
	case err != nil:
		o.Errno = portspace.Errno(err.Error())
	}
	return o
}

// words tells holders one by one, without what the placing side cannot know.
// Before 6.18 the kernel does not keep whether connect() chose a port.
func words(holders []evidence.Holder, rules portspace.Rules) []string {
	var all []string
	for _, h := range holders {
		if !rules.Forgives {
			h.Explicit = evidence.Unsure
		}
		uid := h.UID
		if h.Mini {
			uid = 0
		}
		text := fmt.Sprint(h.Addr, h.V6, h.V6Only.String(), h.State, h.Mini, h.ReuseAddr, h.ReusePort, h.Explicit, uid)
		if !h.V6 {
			text = fmt.Sprint(h.Addr, h.State, h.Mini, h.ReuseAddr, h.ReusePort, h.Explicit, uid)
		}
		for range h.Count {
			all = append(all, text)
		}
	}
	slices.Sort(all)
	return all
}
