package play

import (
	"iter"
	"time"
)

// How a wait ends beside what was waited for; where errors of calls are told
// the first is one of them.
const (
	timeout = "timeout"
	ended   = "ended" // the program was ended meanwhile
)

// waiter is who can wait for something: a program, or the steps of a scenario.
type waiter interface {
	// wait returns "" when it is worth to look again, timeout or ended.
	wait(on *signal, until time.Duration) string
}

// signal is a thing that may change, and who waits for it.
type signal struct{ waiting []waiting }

// waiting is one wait of a thread, which may be over.
type waiting struct {
	task *task
	no   uint64
}

func (s *signal) change(c *clock) {
	for _, w := range s.waiting {
		c.after(0, func() {
			if w.no == w.task.sleeps {
				w.task.run()
			}
		})
	}
	s.waiting = s.waiting[:0]
}

// task is a thread of a program: its code runs in turn with everything else,
// and stops where it waits.
type task struct {
	no     uint64 // of all threads
	clock  *clock
	yield  func(struct{}) bool
	resume func() (struct{}, bool)
	stop   func()
	sleeps uint64 // counts the waits, so that an alarm of an earlier one is not heard
	alarm  bool   // the last wait ended by its time
	ended  bool
	done   func()
}

// begin starts a thread now.
func (c *clock) begin(code func(*task), done func()) *task {
	c.made++
	t := &task{no: c.made, clock: c, done: done}
	t.resume, t.stop = iter.Pull(func(yield func(struct{}) bool) {
		t.yield = yield
		code(t)
	})
	c.after(0, func() { t.run() })
	return t
}

func (t *task) run() {
	if t.ended {
		return
	}
	if _, more := t.resume(); !more {
		t.ended = true
		t.done()
	}
}

func (t *task) wait(on *signal, until time.Duration) string {
	if t.ended {
		return ended
	}
	if t.clock.now >= until {
		return timeout
	}
	t.sleeps++
	t.alarm = false
	no := t.sleeps
	if on != nil {
		on.waiting = append(on.waiting, waiting{t, no})
	}
	if until < never {
		t.clock.at(until, func() {
			if no == t.sleeps {
				t.alarm = true
				t.run()
			}
		})
	}
	woken := t.yield(struct{}{})
	t.sleeps++
	switch {
	case !woken:
		t.ended = true
		return ended
	case t.alarm:
		return timeout
	}
	return ""
}

// sleep waits for so long, and reports whether the program goes on.
func (t *task) sleep(d time.Duration) bool {
	if d <= 0 {
		return !t.ended
	}
	return t.wait(nil, t.clock.now+d) == timeout
}

// end ends the thread where it waits.
func (t *task) end() {
	if !t.ended {
		t.ended = true
		t.sleeps++
		t.stop()
	}
}

// never is a time that does not come.
const never = time.Duration(1) << 62
