package kerneltest

import (
	"errors"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/twin"
)

// choice is how a twin is asked about single ports.
type choice struct {
	try     func(i int, port uint16) error // take the port
	probe   func(i int, port uint16) bool  // could it be taken? The twin stays as it is
	classes func(i int, port uint16) int   // ports of a lower class come first; equal for all: no order
}

// choose follows an operation for which the kernel chooses a port: the twin must
// be able to take the same, and no port of a class that comes before it.
func (f *follower) choose(i int, c choice) error {
	told := &f.t.Done[i]
	unsure := f.shadow.unsure(told.window())
	class := 1 << 10
	if told.Errno == OK {
		class = c.classes(i, told.Port)
	}
	for low := range class {
		var open []uint16
		some := false
		for n := range f.size() {
			port := f.span.Low + uint16(n)
			if c.classes(i, port) != low {
				continue
			}
			some = true
			if unsure[port] || f.lost(i, port) {
				continue
			}
			f.verdict.Ports++
			if c.probe(i, port) {
				open = append(open, port)
			}
		}
		if !some {
			break
		}
		// A walk over an odd number of ports leaves one out.
		if missed := f.size() & 1; len(open) > missed {
			return f.differs(i, "the kernel says %q, port %d; for the twin ports %v are open, and come before that", told.Errno, told.Port, open)
		}
	}
	if told.Errno != OK {
		if want := f.full(i); told.Errno != want {
			return f.differs(i, "the kernel says %q, the twin would %q", told.Errno, want)
		}
		return nil
	}
	err := c.try(i, told.Port)
	if err != nil && unsure[told.Port] {
		f.verdict.Undecided++
		f.clear(i, told.Port)
		err = c.try(i, told.Port)
	}
	if err != nil {
		return f.differs(i, "the kernel takes port %d, the twin says %v%s", told.Port, err, f.story(told.Port, i))
	}
	row, _ := f.rowOf(i)
	f.vague = f.vague || f.shadow.contested(row, told.window())
	return nil
}

func (f *follower) size() int { return f.span.Len() }

// lost reports whether asking about a port would change the twin: a TIME_WAIT
// would be taken over, and that is no difference in a range of odd size.
func (f *follower) lost(i int, port uint16) bool {
	if f.size()&1 == 0 || f.c.Ops[i].Kind != Dial {
		return false
	}
	for _, m := range f.shadow.minis {
		if m.port == port && m.reused {
			return true
		}
	}
	return false
}

// full is the errno of an operation for which no port is left.
func (f *follower) full(i int) Errno {
	if f.c.Ops[i].Kind == Dial {
		return EADDRNOTAVAIL
	}
	return EADDRINUSE
}

func only(port uint16) evidence.PortRange { return evidence.PortRange{Low: port, High: port} }

func (f *follower) tryDial(i int, port uint16) error {
	a, err := f.dial(i, only(port))
	if err == nil && a.Port != port {
		return errors.New("another port")
	}
	return err
}

func (f *follower) probeDial(i int, port uint16) bool {
	a, err := f.h.Connect(f.group(&f.c.Ops[i]), twin.Dial{Range: only(port)})
	if err != nil {
		return false
	}
	_ = f.h.Close(a.Conn, twin.ByReset)
	return true
}

// dialClass is the parity: that of the lowest port comes first, since 4.6.
func (f *follower) dialClass(_ int, port uint16) int {
	if f.h.Kernel().Search < twin.ParityHint {
		return 0
	}
	return int(port-f.span.Low) & 1
}

func (f *follower) tryBind(i int, port uint16) error {
	return f.bind(&f.made[i], &f.c.Ops[i], 0, only(port))
}

func (f *follower) probeBind(i int, port uint16) bool {
	var m made
	if f.bind(&m, &f.c.Ops[i], 0, only(port)) != nil {
		return false
	}
	f.h.Unbind(m.socket)
	return true
}

// bindClass is the order of bind() to port 0, since 4.6: with SO_REUSEADDR the
// lower half comes first; in each part the parity that connect() takes last.
// With ip_autobind_reuse there is a second walk, that is not told apart here.
func (f *follower) bindClass(i int, port uint16) int {
	if s := f.h.Settings(); !f.h.Kernel().BindParity || s.AutobindReuse.Is(1) {
		return 0
	}
	at, size := int(port-f.span.Low), f.size()
	parity := 1 - at&1
	if size < 2 {
		return 0
	}
	if !f.c.Ops[i].ReuseAddr || size < 4 {
		return parity
	}
	if at < size>>2<<1 {
		return parity
	}
	return 2 + parity
}
