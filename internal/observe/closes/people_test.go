package closes

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/observe/owner"
	"github.com/linger-dev/linger/internal/observe/tracer"
)

func self(t *testing.T) tracer.Process {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	o, err := owner.Describe(proc, os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	// The kernel counts finer than /proc shows.
	return tracer.Process{PID: o.PID, Start: time.Duration(o.Start)*tick + tick/2, Name: o.Name, UID: o.UID}
}

func TestALivingProcessIsDescribedByProc(t *testing.T) {
	p := self(t)
	got := newPeople(proc, &cgroups{known: newRecent[uint64, home](1)}).meet(p)
	if got.PID != p.PID || len(got.Cmdline) == 0 || got.State == "X" || got.Start != p.Ticks() {
		t.Errorf("%+v", got)
	}
}

func TestAnotherProcessOfTheSameNumberIsNotBelieved(t *testing.T) {
	p := self(t)
	p.Start += time.Second
	p.Name, p.Parent, p.UID = "gone", 5, 1000
	got := newPeople(proc, newCgroups()).meet(p)
	if got.Name != "gone" || got.State != "X" || got.Cmdline != nil || got.Parent != 5 || got.UID != 1000 {
		t.Errorf("%+v", got)
	}
}

func TestAProcessThatBecameAnotherProgramLosesItsCommandLine(t *testing.T) {
	p := self(t)
	p.Name = "before"
	got := newPeople(proc, newCgroups()).meet(p)
	if got.Name != "before" || got.Cmdline != nil || got.State == "X" {
		t.Errorf("%+v", got)
	}
}

func TestNobodyIsNobody(t *testing.T) {
	if got := newPeople(proc, newCgroups()).meet(tracer.Process{}); got != nil {
		t.Errorf("%+v", got)
	}
}

func TestAProcessIsAskedOnlyOnce(t *testing.T) {
	s := newPeople(t.TempDir(), newCgroups())
	first := s.meet(at("a", time.Second))
	if s.meet(at("a", time.Second)) != first {
		t.Error("described again")
	}
	if s.meet(at("b", time.Second)) == first || s.meet(at("a", 2*time.Second)) == first {
		t.Error("taken for another")
	}
}

func TestMemoryOfProcessesIsBoundedAndKeepsTheOnesInUse(t *testing.T) {
	r := newRecent[int, int](10)
	r.put(-1, 1)
	for i := range 1000 {
		r.put(i, i)
		if _, ok := r.get(-1); !ok {
			t.Fatalf("forgotten after %d although it was in use", i)
		}
	}
	if n := len(r.young) + len(r.old); n > 20 {
		t.Errorf("%d remembered", n)
	}
	if _, ok := r.get(3); ok {
		t.Error("nothing is forgotten")
	}
}

func TestTheCgroupOfAProcessThatIsGoneTellsItsUnit(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "system.slice", "nginx.service")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	c := newCgroups()
	c.root = root
	p := at("nginx", time.Second)
	p.Cgroup = info.Sys().(*syscall.Stat_t).Ino
	if got := newPeople(t.TempDir(), c).meet(p); got.Unit != "nginx.service" {
		t.Errorf("%+v", got)
	}
	p.Cgroup, p.Name = p.Cgroup+1_000_000, "other"
	if got := newPeople(t.TempDir(), c).meet(p); got.Unit != "" {
		t.Errorf("%+v", got)
	}
	if h := c.home(rootCgroup); h != (home{}) {
		t.Errorf("the root is the home of %v", h)
	}
}

func TestAnUnknownCgroupIsNotSoughtAtOnceAgain(t *testing.T) {
	c := newCgroups()
	c.root = t.TempDir()
	c.home(99)
	after := c.next
	if c.home(98); c.next != after || time.Until(after) <= 0 {
		t.Errorf("walked again: %v, %v", c.next, after)
	}
}

func TestOfTheGoneOnlyThoseWhoseCgroupsAreUntoldAreAGap(t *testing.T) {
	for v1, want := range map[bool]int{false: 0, true: 1} {
		c := newCgroups()
		c.v1 = v1
		s := newPeople(t.TempDir(), c)
		s.meet(at("gone", time.Second))
		if gaps := s.gaps(); len(gaps) != want || want > 0 && (!strings.HasPrefix(gaps[0].What, "1 process was gone") || gaps[0].Loses == "") {
			t.Errorf("with version 1 %v: %+v", v1, gaps)
		}
	}
}
