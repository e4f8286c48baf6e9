package kerneltest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/twin"
)

// Verdict is what came of following a transcript.
type Verdict struct {
	Outcomes   int           // operations whose outcome was compared
	Ports      int           // ports that the kernel passed over, and the twin was asked about
	Rows       int           // connections in lists that were compared
	Undecided  int           // outcomes that hung on some milliseconds
	LeftError  time.Duration // the worst difference of what a timer of TIME_WAIT has left
	Difference string        // the first thing that twin and kernel disagree about, or ""
}

// errDiffers ends the comparison: what follows a difference follows from it.
var errDiffers = errors.New("the twin differs from the kernel")

// Follow judges a transcript of the kernel by a twin that is led along it. The
// error is one of the test, not of the twin.
func Follow(c *Case, t *Transcript) (Verdict, error) {
	s, err := newStage(c, t.Clock, 1)
	if err != nil {
		return Verdict{}, err
	}
	f := &follower{stage: s, t: t, ended: make(map[int]time.Duration), shadow: shadow{clock: t.Clock, age: s.h.Kernel().Age}}
	f.learn()
	for i := range c.Ops {
		if err := f.step(i); err != nil {
			if errors.Is(err, errDiffers) {
				return f.verdict, nil
			}
			return f.verdict, err
		}
	}
	if got := s.counters(); f.verdict.Undecided == 0 && !f.vague && got != t.Counters {
		f.verdict.Difference = fmt.Sprintf("at the end the kernel counts %+v, the twin %+v", t.Counters, got)
	}
	return f.verdict, nil
}

type follower struct {
	*stage
	t      *Transcript
	shadow shadow
	span   evidence.PortRange // ip_local_port_range
	// vague says that nobody can know which counters moved: a peer closed before
	// FIN_WAIT2 may have begun, or a port was taken that may have been free by then.
	vague   bool
	ended   map[int]time.Duration // when the connection of an operation was abandoned
	verdict Verdict
}

// learn keeps what the test itself must know of the settings.
func (f *follower) learn() {
	s := f.h.Settings()
	f.span, _ = s.PortRange()
	f.shadow.delay = s.ReuseDelay()
}

func (f *follower) differs(i int, format string, args ...any) error {
	f.verdict.Difference = fmt.Sprintf("operation %d, %v, really at %s: %s", i, &f.c.Ops[i], f.when(i), fmt.Sprintf(format, args...))
	return errDiffers
}

func (f *follower) when(i int) string {
	told := &f.t.Done[i]
	return fmt.Sprintf("%v to %v", told.Began.Round(time.Microsecond), told.Ended.Round(time.Microsecond))
}

// story tells what happened to a port before.
func (f *follower) story(port uint16, until int) string {
	const most = 12
	var lines []string
	for i := range until {
		op := &f.c.Ops[i]
		about := op.Kind == Set || op.Port == port || f.t.Done[i].Port == port || op.Kind.refers() && f.t.Done[op.Of].Port == port
		if about && !f.t.Done[i].Skipped {
			lines = append(lines, fmt.Sprintf("  %d: %v, really at %s: %q", i, op, f.when(i), f.t.Done[i].Errno))
		}
	}
	return "\n" + strings.Join(lines[max(0, len(lines)-most):], "\n")
}

// step follows one operation.
func (f *follower) step(i int) error {
	op, told := &f.c.Ops[i], &f.t.Done[i]
	if need := op.Kind.needs(); need != gone {
		if told.Skipped != (f.made[op.Of].what != need) {
			return f.differs(i, "skipped %v by the kernel, not by the twin", told.Skipped)
		}
		if told.Skipped {
			return nil
		}
	}
	f.advance(told.counts(op.Kind))
	f.verdict.Outcomes++
	switch {
	case op.Kind == Look:
		return f.look(i)
	case op.Kind == Dial:
		return f.choose(i, choice{try: f.tryDial, probe: f.probeDial, classes: f.dialClass})
	case op.Kind == Bind && op.Port == 0:
		return f.choose(i, choice{try: f.tryBind, probe: f.probeBind, classes: f.bindClass})
	}
	return f.plain(i)
}

// plain follows an operation that leaves nothing to choose.
func (f *follower) plain(i int) error {
	op, told := &f.c.Ops[i], &f.t.Done[i]
	before := f.h.Minis()
	was := f.made[op.Of]
	got := f.apply(i)
	if got.Errno != told.Errno {
		port := op.Port
		if op.Kind.refers() {
			port = was.port
		}
		if !f.shadow.unsure(told.window())[port] {
			return f.differs(i, "the kernel says %q, the twin %q%s", told.Errno, got.Errno, f.story(port, i))
		}
		f.verdict.Undecided++
		if told.Errno != OK {
			f.undo(i)
		} else {
			f.clear(i, port)
			if got = f.apply(i); got.Errno != OK {
				return f.differs(i, "the kernel succeeds, the twin says %q", got.Errno)
			}
		}
	}
	if op.Kind == Set {
		f.learn()
	}
	f.remember(i, before)
	f.shadow.forget(told.Began)
	return nil
}

// undo takes back what the kernel refused.
func (f *follower) undo(i int) {
	m := &f.made[i]
	switch m.what {
	case connected:
		_ = f.close(m, twin.ByReset, twin.ByReset)
	case bound:
		f.h.Unbind(m.socket)
		m.what = gone
	}
}

// clear ends the mini-sockets of one of our ports: that of the operation's own
// four-tuple or, if it has none, all.
func (f *follower) clear(i int, port uint16) {
	op := &f.c.Ops[i]
	if op.Kind == Dial || op.Kind == DialFrom {
		if f.h.Kill(twin.Conn{Group: f.group(op), Port: port}) == nil {
			return
		}
	}
	for id, key := range f.h.Groups() {
		if key.Direction == evidence.Outbound {
			_ = f.h.Kill(twin.Conn{Group: id, Port: port}) // most have none
		}
	}
}

// remember tells the shadow what a close left behind.
func (f *follower) remember(i int, before int) {
	op, told := &f.c.Ops[i], &f.t.Done[i]
	if op.Kind.needs() != connected && op.Kind != PeerCloses {
		return
	}
	row, outbound := f.rowOf(op.Of)
	made := told.window()
	switch op.Kind {
	case CloseByUs:
		if f.h.Minis() > before {
			f.shadow.timeWait(row.SrcPort, row, made, outbound)
		}
	case Reset:
		f.shadow.leaving(row.SrcPort, row, made)
	case CloseByThem:
		f.shadow.leaving(row.SrcPort, row, made)
		if f.c.Place != Apart && f.h.Minis() > before {
			f.shadow.timeWait(row.DstPort, row.reverse(), made, false)
		}
	case Abandon:
		f.ended[op.Of] = told.Ended
		f.shadow.finWait2(row.SrcPort, row, made, f.finTime())
	case PeerCloses:
		f.vague = f.vague || told.Began < f.ended[op.Of]+delayedACK
		f.shadow.woken(row.SrcPort, row, made, outbound)
	}
}

func (f *follower) finTime() time.Duration {
	s := f.h.Settings()
	seconds, _ := s.FinTimeout.Get()
	return time.Duration(seconds) * time.Second
}

// rowOf returns the connection that an operation made, without its state.
func (f *follower) rowOf(i int) (row Row, outbound bool) {
	op, m := &f.c.Ops[i], &f.made[i]
	target := f.c.Target(op.Target)
	row = Row{SrcPort: m.port, DstPort: target.Port(), Src: evidence.AddrOf(f.c.Source(op.Source)), Dst: evidence.AddrOf(target.Addr())}
	if op.Kind == Accept {
		row.DstPort = op.Port
	}
	return row, op.Kind != Accept
}

func (r Row) reverse() Row {
	r.Src, r.Dst, r.SrcPort, r.DstPort = r.Dst, r.Src, r.DstPort, r.SrcPort
	return r
}
