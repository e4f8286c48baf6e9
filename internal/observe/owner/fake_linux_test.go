package owner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/linger-dev/linger/internal/evidence"
	"golang.org/x/sys/unix"
)

// fakeProc is a directory made to look like /proc.
type fakeProc struct {
	t    *testing.T
	root string
}

func newFakeProc(t *testing.T) fakeProc {
	f := fakeProc{t, t.TempDir()}
	f.add(1, "init", "S", 0)
	return f
}

// add makes a process whose descriptors 3, 4, ... are links to the given texts.
func (f fakeProc) add(pid int, name, state string, flags uint64, links ...string) {
	f.t.Helper()
	parent := "1"
	if pid == 1 {
		parent = "0"
	}
	f.write(pid, "stat", fmt.Sprintf("%d (%s) %s %s 1 1 0 -1 %d 0 0 0 0 0 0 0 0 20 0 1 0 %d 0 0", pid, name, state, parent, flags, 1000+pid))
	f.write(pid, "status", "Name:\tx\nUid:\t7\t1000\t7\t7\n")
	f.write(pid, "cmdline", "/bin/"+name+"\x00-v\x00")
	f.write(pid, "cgroup", "0::/system.slice/x.service\n")
	dir := f.path(pid, "fd")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		f.t.Fatal(err)
	}
	for i, link := range links {
		if err := os.Symlink(link, filepath.Join(dir, fmt.Sprint(i+3))); err != nil {
			f.t.Fatal(err)
		}
	}
}

func (f fakeProc) path(pid int, file string) string {
	return filepath.Join(f.root, fmt.Sprint(pid), file)
}

func (f fakeProc) write(pid int, file, text string) {
	f.t.Helper()
	path := f.path(pid, file)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

func (f fakeProc) find(inodes ...uint64) Holders {
	f.t.Helper()
	h, err := Find(context.Background(), f.root, set(inodes...))
	if err != nil {
		f.t.Fatal(err)
	}
	return h
}

func set(inodes ...uint64) map[uint64]struct{} {
	m := make(map[uint64]struct{})
	for _, inode := range inodes {
		m[inode] = struct{}{}
	}
	return m
}

func TestAllProcessesThatShareASocketAreNamedInOrder(t *testing.T) {
	f := newFakeProc(t)
	f.add(30, "worker", "S", 0, "socket:[500]", "/dev/null", "socket:[500]", "socket:[501]")
	f.add(4, "worker", "S", 0, "pipe:[500]", "socket:[500]")
	f.add(200, "worker", "T", 0, "socket:[500]")
	f.add(5, "other", "S", 0, "socket:[777]", strings.Repeat("x", 300))
	f.add(6, "kthread", "I", kernelThread)
	h := f.find(500, 501, 502)
	want := map[uint64][]int{500: {4, 30, 200}, 501: {30}}
	if diff := cmp.Diff(want, h.PIDs); diff != "" {
		t.Error(diff)
	}
	if pids := []int{h.Owners[0].PID, h.Owners[1].PID, h.Owners[2].PID}; len(h.Owners) != 3 || !slices.Equal(pids, []int{4, 30, 200}) {
		t.Errorf("owners are %v", pids)
	}
	if h.Scanned != 4 || len(h.Gaps) != 0 {
		t.Errorf("scanned %d, gaps %v", h.Scanned, h.Gaps)
	}
}

func TestAnOwnerIsDescribedWithItsHostileName(t *testing.T) {
	f := newFakeProc(t)
	f.add(9, `a) S (b\n`, "T", 0, "socket:[1]")
	want := []evidence.Owner{{
		PID: 9, Start: 1009, Name: "a) S (b\n", State: "T", Parent: 1, ParentName: "init", UID: 1000,
		Cmdline: []string{`/bin/a) S (b\n`, "-v"}, Unit: "x.service",
	}}
	if diff := cmp.Diff(want, f.find(1).Owners); diff != "" {
		t.Error(diff)
	}
	if o, err := Describe(f.root, 9); err != nil || !cmp.Equal(o, want[0]) {
		t.Errorf("Describe gave %+v, %v", o, err)
	}
}

func TestNothingWantedDoesNothing(t *testing.T) {
	h, err := Find(context.Background(), "/does/not/exist", nil)
	if err != nil || h.PIDs != nil || h.Scanned != 0 {
		t.Errorf("got %+v, %v", h, err)
	}
}

func TestARootThatCannotBeListedIsAnError(t *testing.T) {
	if _, err := Find(context.Background(), "/does/not/exist", set(1)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestACancelledScanReturnsWhatItFound(t *testing.T) {
	f := newFakeProc(t)
	f.add(9, "x", "S", 0, "socket:[1]")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if h, err := Find(ctx, f.root, set(1)); !errors.Is(err, context.Canceled) || len(h.PIDs) != 0 {
		t.Errorf("got %v, %v", h, err)
	}
}

func TestProcessesThatVanishAreSkippedSilently(t *testing.T) {
	f := newFakeProc(t)
	if err := os.MkdirAll(f.path(50, ""), 0o755); err != nil { // listed, but nothing in it any more
		t.Fatal(err)
	}
	f.add(51, "gone", "S", 0, "socket:[1]") // ended after its descriptors were read
	if err := os.Remove(f.path(51, "stat")); err != nil {
		t.Fatal(err)
	}
	f.add(52, "stays", "S", 0, "socket:[1]")
	h := f.find(1)
	if !slices.Equal(h.PIDs[1], []int{52}) || len(h.Owners) != 1 || len(h.Gaps) != 0 {
		t.Errorf("got %+v", h)
	}
	if _, err := Describe(f.root, 51); !errors.Is(err, ErrGone) {
		t.Errorf("Describe gave %v", err)
	}
	if _, err := Describe(f.root, 99); !errors.Is(err, ErrGone) {
		t.Errorf("Describe gave %v", err)
	}
}

func TestAHolderThatCannotBeDescribedIsStillNamed(t *testing.T) {
	f := newFakeProc(t)
	f.add(9, "x", "S", 0, "socket:[1]")
	f.write(9, "stat", "nonsense")
	h := f.find(1)
	if !slices.Equal(h.PIDs[1], []int{9}) || !cmp.Equal(h.Owners, []evidence.Owner{{PID: 9}}) || len(h.Gaps) != 1 {
		t.Errorf("got %+v", h)
	}
}

func TestDescriptorsOfAnyFormAreSurvived(t *testing.T) {
	f := newFakeProc(t)
	f.add(9, "x", "S", 0, "socket:[1]")
	f.write(9, "fd/17", "a file, not a link")
	f.write(10, "fd", "a file, not a directory")
	h := f.find(1)
	if !slices.Equal(h.PIDs[1], []int{9}) {
		t.Errorf("PIDs are %v", h.PIDs)
	}
	if len(h.Gaps) != 1 || !strings.HasPrefix(h.Gaps[0].What, "could not read the descriptors of 2 processes") {
		t.Errorf("gaps are %v", h.Gaps)
	}
}

func TestMissingFilesLeaveFieldsEmptyAndTheUIDToTheDirectory(t *testing.T) {
	f := newFakeProc(t)
	f.add(9, "x", "D", 0)
	for _, file := range []string{"status", "cgroup"} {
		if err := os.Remove(f.path(9, file)); err != nil {
			t.Fatal(err)
		}
	}
	o, err := Describe(f.root, 9)
	if err != nil || o.Name != "x" || o.Unit != "" || o.UID != uint32(os.Getuid()) {
		t.Errorf("got %+v, %v", o, err)
	}
	if o.Cmdline != nil {
		t.Errorf("the command line of a process in state D was read: %q", o.Cmdline)
	}
}

func TestHiddenProcessesAreAGap(t *testing.T) {
	f := newFakeProc(t)
	if err := os.RemoveAll(f.path(1, "")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(f.root, "self/ns"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("pid:[4026532000]", filepath.Join(f.root, "self/ns/pid")); err != nil {
		t.Fatal(err)
	}
	f.add(9, "x", "S", 0, "socket:[1]")
	if gaps := f.find(1).Gaps; len(gaps) != 1 || !strings.Contains(gaps[0].What, "hidepid") {
		t.Errorf("gaps are %v", gaps)
	}
	if gaps := f.find(1, 2).Gaps; len(gaps) != 2 || !strings.Contains(gaps[1].What, "PID namespace") {
		t.Errorf("gaps are %v", gaps)
	}
}

func TestRefusedProcessesAreCountedButThoseWithoutDescriptorsAreNot(t *testing.T) {
	f := newFakeProc(t)
	f.add(9, "x", "S", 0)
	f.add(10, "kthread", "I", kernelThread)
	f.add(11, "zombie", "Z", 0)
	s, err := openScan(f.root, set(1))
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for dir, denied := range map[string]bool{"9": true, "10": false, "11": false} {
		at, err := openDir(s.proc, dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.refused(context.Background(), at); isDenied(err) != denied {
			t.Errorf("process %s: %v", dir, err)
		}
		_ = unix.Close(at)
	}
	for _, err := range []error{unix.EACCES, unix.EPERM, unix.ESRCH, unix.ENOENT} {
		s.miss(err)
	}
	if s.denied != 2 || s.failed != 0 {
		t.Errorf("denied %d, failed %d", s.denied, s.failed)
	}
}

func TestGapsSayWhatIsLostAndFitThePrivilege(t *testing.T) {
	for _, root := range []bool{false, true} {
		gaps := misses{denied: 1, failed: 2, failure: unix.EIO, undescribed: 3, hidden: true, outside: true}.gaps(root)
		if len(gaps) != 5 {
			t.Fatalf("%d gaps", len(gaps))
		}
		for _, gap := range gaps {
			if gap.What == "" || gap.Loses == "" {
				t.Errorf("gap %+v says too little", gap)
			}
		}
		if sudo := strings.Contains(gaps[0].Hint, "sudo"); sudo == root {
			t.Errorf("root %v is told %q", root, gaps[0].Hint)
		}
	}
}
