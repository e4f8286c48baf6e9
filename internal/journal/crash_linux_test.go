package journal

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// crash is an operation that is disturbed, and what precedes it undisturbed.
type crash struct {
	op     string
	before []string
	late   bool // the deadline of entry 1 passes before
	file   bool // there is a drop-in already
}

func crashes() []crash {
	return []crash{
		{op: "apply"},
		{op: "apply-within", file: true},
		{op: "confirm", before: []string{"apply-within"}},
		{op: "confirm", before: []string{"apply-within"}, file: true},
		{op: "undo", before: []string{"apply"}},
		{op: "undo", before: []string{"apply"}, file: true},
		{op: "undo", before: []string{"apply-within"}},
		{op: "recover", before: []string{"apply-within"}, late: true},
	}
}

// set brings the cell to where the operation begins.
func (c *cell) set(t *testing.T, k crash) {
	t.Helper()
	c.reset(t, k.file)
	for _, op := range k.before {
		must(t, c.do(t.Context(), op))
	}
	if k.late {
		e, err := c.journal().load(1)
		must(t, err)
		e.Deadline = 1
		must(t, c.journal().record(e))
	}
}

// exhaustive asks for everything: each call is a place to die at, and each fails
// in every way. It takes minutes.
func exhaustive() bool { return os.Getenv("LINGER_EXHAUSTIVE") != "" }

// stride is how many calls come from one that is disturbed to the next. With
// -short it is another one each time.
var stride = sync.OnceValue(func() int {
	switch {
	case testing.Short():
		return 37 + rand.IntN(19)
	case slow:
		return 7
	}
	return 1
})

// sides returns the two legal states.
func (c *cell) sides(t *testing.T, withFile bool) (old, new state) {
	t.Helper()
	c.reset(t, withFile)
	old = c.state(t)
	must(t, c.do(t.Context(), "apply"))
	return old, c.state(t)
}

// resolve does what the next runs of linger do: what needs nobody's decision,
// then what the user decides.
func (c *cell) resolve(t *testing.T, forward bool) {
	t.Helper()
	j := c.journal()
	if _, err := j.Recover(t.Context()); err != nil {
		t.Errorf("recover: %v", err)
	}
	entries, bad := j.Entries()
	if len(bad) > 0 {
		t.Errorf("unreadable: %v", bad)
	}
	for _, e := range entries {
		var err error
		switch {
		case e.State.Ended() || forward && e.State == Applied:
			continue
		case !forward:
			_, err = j.Undo(t.Context(), e.ID, StepBack)
		case e.State == Pending:
			// It is refused if an undo has put back the values already, and
			// could not write so.
			if _, err = j.Confirm(t.Context(), e.ID); errors.Is(err, &Error{Problem: Changed}) {
				_, err = j.Undo(t.Context(), e.ID, StepBack)
			}
		default:
			e, err = j.Finish(t.Context(), e.ID)
			if err == nil && e.State == Pending {
				_, err = j.Confirm(t.Context(), e.ID)
			}
		}
		if err != nil {
			t.Errorf("resolve %s at step %d: %v", e.State, e.Step, err)
		}
	}
	if reports, errs := j.Status(); len(errs) > 0 {
		t.Errorf("status: %v", errs)
	} else {
		for _, r := range reports {
			if r.State.Open() {
				t.Errorf("still %s", r.State)
			}
		}
	}
}

func TestKernelAKillBeforeAnyCallLeavesWhatCanBeFinishedOrUndone(t *testing.T) {
	for _, k := range crashes() {
		t.Run(fmt.Sprintf("%s after %v, file %v", k.op, k.before, k.file), func(t *testing.T) {
			t.Parallel()
			inCell(t, func(c *cell) {
				old, new := c.sides(t, k.file)
				for n := 1; ; n += stride() {
					for _, forward := range []bool{true, false} {
						c.set(t, k)
						out, err := traced([]string{childEnv + "=" + k.op + " " + c.dir}, fault{at: n, all: exhaustive()})
						if err != nil {
							t.Error(err)
							return
						}
						if !out.hit {
							if out.err != nil || n < 10 {
								t.Errorf("undisturbed with %d calls: %v", n-1, out.err)
							}
							t.Logf("killed before %d calls, every %d", n-1, stride())
							return
						}
						c.resolve(t, forward)
						got := c.state(t)
						if !got.equal(old) && (!forward || !got.equal(new)) {
							t.Errorf("killed before call %d, %s, then forward %v: %v", n, out.what, forward, got)
						}
					}
				}
			})
		})
	}
}

func TestKernelAnErrorOfAnyCallLeavesWhatCanBeFinishedOrUndone(t *testing.T) {
	errnos := []syscall.Errno{unix.ENOSPC, unix.EROFS, unix.EPERM, unix.EINVAL}
	failing(t, func(n int) []fault {
		var faults []fault
		for i, errno := range errnos {
			if exhaustive() || i%2 == n%2 {
				faults = append(faults, fault{at: n, errno: errno, all: exhaustive()})
			}
		}
		return faults
	})
}

func TestKernelADiskThatFailsFromAnyCallOnLeavesWhatCanBeFinishedOrUndone(t *testing.T) {
	failing(t, func(n int) []fault {
		return []fault{{at: n, errno: []syscall.Errno{unix.ENOSPC, unix.EROFS}[n%2], onward: true}}
	})
}

// failing runs every operation with each of the faults, for n from 1 on until
// there are no more calls.
func failing(t *testing.T, faults func(n int) []fault) {
	if !canFail {
		t.Skip("errors can be injected on amd64 only")
	}
	for _, k := range crashes() {
		t.Run(fmt.Sprintf("%s after %v, file %v", k.op, k.before, k.file), func(t *testing.T) {
			t.Parallel()
			inCell(t, func(c *cell) {
				old, new := c.sides(t, k.file)
				for n := 1; ; n += stride() {
					for _, f := range faults(n) {
						hit, err := c.fail(t, k, f, old, new)
						if err != nil {
							t.Error(err)
							return
						}
						if !hit {
							t.Logf("%d calls, every %d", n-1, stride())
							return
						}
					}
				}
			})
		})
	}
}

// fail runs an operation with a fault, and resolves what it left.
func (c *cell) fail(t *testing.T, k crash, f fault, old, new state) (bool, error) {
	t.Helper()
	c.set(t, k)
	start := c.state(t)
	out, err := traced([]string{childEnv + "=" + k.op + " " + c.dir}, f)
	if err != nil || !out.hit {
		return false, err
	}
	now := c.state(t)
	c.checkSaid(t, k, out, now, start, old, new)
	forward := f.at%2 == 0
	c.resolve(t, forward)
	if got := c.state(t); !got.equal(old) && (!forward || !got.equal(new)) {
		t.Errorf("%v for call %d, %s, said %v, then forward %v: %v", f.errno, f.at, out.what, out.err, forward, got)
	}
	return true, nil
}

// checkSaid holds what the operation said against what it did.
func (c *cell) checkSaid(t *testing.T, k crash, out outcome, now, start, old, new state) {
	t.Helper()
	want := map[string]state{"apply": new, "confirm": new, "undo": old, "recover": old}[k.op]
	if k.op == "apply-within" {
		want = state{new.values, old.files}
	}
	entries, bad := c.journal().Entries()
	ended := len(bad) == 0 && len(entries) == 1 && !entries[0].State.Open()
	switch {
	case out.err == nil && !now.equal(want):
		t.Errorf("%s at %s: success, but %v", k.op, out.what, now)
	case out.err != nil && ended && !now.equal(old) && !now.equal(new) && !now.equal(start):
		t.Errorf("%s at %s: %v, the journal says %s, but %v", k.op, out.what, out.err, entries[0].State, now)
	}
}

// A kill cannot show what a power cut does, so the order of calls is looked at:
// no setting is written before the journal has said so on disk, which takes the
// content, then the name.
func TestKernelWhatWillBeDoneIsOnDiskBeforeItIsDone(t *testing.T) {
	t.Parallel()
	inCell(t, func(c *cell) {
		for _, k := range crashes() {
			c.set(t, k)
			out, err := traced([]string{childEnv + "=" + k.op + " " + c.dir}, fault{})
			if err != nil || out.err != nil {
				t.Errorf("%s: %v, %v", k.op, err, out.err)
				return
			}
			c.checkOrder(t, k.op, out.calls)
		}
	})
}

func (c *cell) checkOrder(t *testing.T, op string, calls []string) {
	t.Helper()
	journal, etc := filepath.Join(c.dir, "journal"), filepath.Join(c.dir, "etc")
	dirty := map[string]bool{} // written, but not known to be on disk
	written := 0
	for _, call := range calls {
		path, nr, _ := strings.Cut(call, ": call ")
		folder := filepath.Dir(path)
		switch nr {
		case fmt.Sprint(unix.SYS_WRITE):
			dirty[path] = true
		case fmt.Sprint(unix.SYS_FSYNC):
			delete(dirty, path)
			continue
		case fmt.Sprint(unix.SYS_RENAMEAT):
			if dirty[path] {
				t.Errorf("%s: %s gets its name before its content is on disk", op, path)
			}
			dirty[folder] = true
		}
		if !strings.HasPrefix(path, "/proc/sys/") && !strings.HasPrefix(path, etc) {
			continue
		}
		written++
		if dirty[journal] {
			t.Errorf("%s: %s is touched before the journal is on disk", op, call)
		}
		delete(dirty, path) // of /proc
	}
	if dirty[journal] || dirty[filepath.Dir(c.dropIn())] || written == 0 {
		t.Errorf("%s: not on disk at the end: %v; %d calls", op, dirty, written)
	}
}
