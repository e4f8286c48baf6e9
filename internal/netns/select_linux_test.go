package netns

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// emptyPlaces has the live /proc, and a directory of names that is the test's.
func emptyPlaces(t *testing.T) places {
	return places{proc: "/proc", run: []string{t.TempDir(), filepath.Join(t.TempDir(), "missing")}}
}

func one(t *testing.T, p places, selector string) *Namespace {
	t.Helper()
	spaces, unseen, err := p.choose(selector)
	if err != nil || len(spaces) != 1 || len(unseen) != 0 {
		t.Fatalf("select %q: %v, unseen %v, error %v", selector, spaces, unseen, err)
	}
	t.Cleanup(func() { spaces[0].Close() })
	return spaces[0]
}

func TestTheOwnNamespaceIsCalledHostHoweverItIsFound(t *testing.T) {
	p := emptyPlaces(t)
	if err := os.Symlink("/proc/self/ns/net", filepath.Join(p.run[0], "alias")); err != nil {
		t.Fatal(err)
	}
	want := one(t, p, "")
	pid := strconv.Itoa(os.Getpid())
	for _, selector := range []string{"", "host", pid, "pid:" + pid, "alias"} {
		n := one(t, p, selector)
		if n.Name != "host" || n.ID != want.ID {
			t.Errorf("select %q = %s %d, want host %d", selector, n.Name, n.ID, want.ID)
		}
	}
}

func TestDoInTheOwnNamespaceNeedsNoPrivilege(t *testing.T) {
	n := one(t, emptyPlaces(t), "")
	ran, fail := false, errors.New("from within")
	if err := n.Do(func() error { ran = true; return fail }); !ran || err != fail {
		t.Errorf("ran %v, error %v", ran, err)
	}
}

func TestDoAfterCloseIsAnErrorAndRunsNothing(t *testing.T) {
	spaces, _, err := emptyPlaces(t).choose("")
	if err != nil {
		t.Fatal(err)
	}
	spaces[0].Close()
	err = spaces[0].Do(func() error { t.Error("ran"); return nil })
	if !errors.Is(err, os.ErrClosed) {
		t.Errorf("error %v, want os.ErrClosed", err)
	}
}

func TestDoReturnsThoughTheWorkEndsItsGoroutine(t *testing.T) {
	n := one(t, emptyPlaces(t), "")
	skipped := &testing.T{}
	if err := n.Do(func() error { skipped.SkipNow(); return nil }); err == nil {
		t.Error("no error")
	}
}

func TestWhatIsNoNamespaceIsRefusedWithAHint(t *testing.T) {
	p := emptyPlaces(t)
	plain := filepath.Join(p.run[0], "stale")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/proc/self/ns/uts", filepath.Join(p.run[0], "uts")); err != nil {
		t.Fatal(err)
	}
	for selector, absent := range map[string]bool{
		"stale": false, "uts": false, "../x": false, "no-such": true, "pid:0": true,
		"2147483647": true, "pid:2147483647": true, "99999999999999999999": true,
	} {
		_, _, err := p.choose(selector)
		var refused *Error
		if !errors.As(err, &refused) || refused.Hint == "" || refused.Selector != selector {
			t.Errorf("select %q: %v, want an *Error with a hint", selector, err)
		}
		if got := errors.Is(err, fs.ErrNotExist); got != absent {
			t.Errorf("select %q: %v: ErrNotExist is %v, want %v", selector, err, got, absent)
		}
	}
}

func TestADigitNameIsTakenOnlyIfThereIsNoSuchProcess(t *testing.T) {
	p := emptyPlaces(t)
	for _, name := range []string{"2147483647", "1"} {
		if err := os.Symlink("/proc/self/ns/net", filepath.Join(p.run[0], name)); err != nil {
			t.Fatal(err)
		}
	}
	if n := one(t, p, "2147483647"); n.Name != "host" {
		t.Errorf("name = %s", n.Name)
	}
	// Without root the namespace of process 1 may not be looked at, which
	// must not silently turn the PID into the name.
	spaces, _, err := p.choose("1")
	if err != nil && !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
	for _, n := range spaces {
		n.Close()
	}
}

func TestAllListsEachNamespaceOnceAndSurvivesWhatItCannotOpen(t *testing.T) {
	p := emptyPlaces(t)
	if err := os.WriteFile(filepath.Join(p.run[0], "stale"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/proc/self/ns/net", filepath.Join(p.run[0], "alias")); err != nil {
		t.Fatal(err)
	}
	spaces, unseen, err := p.choose("all")
	if err != nil {
		t.Fatal(err)
	}
	ids := make(map[uint64]bool)
	for _, n := range spaces {
		defer n.Close()
		if ids[n.ID] {
			t.Errorf("%s %d is listed twice", n.Name, n.ID)
		}
		ids[n.ID] = true
	}
	if spaces[0].Name != "host" {
		t.Errorf("first is %s, want host", spaces[0].Name)
	}
	var stale *Error
	if len(unseen) == 0 || !errors.As(unseen[0], &stale) || stale.Selector != "stale" {
		t.Errorf("unseen = %v, want the stale name", unseen)
	}
}

func TestSelectNeedsProc(t *testing.T) {
	p := places{proc: t.TempDir()}
	for _, selector := range []string{"", "all", "1"} {
		_, _, err := p.choose(selector)
		var refused *Error
		if !errors.As(err, &refused) || refused.Hint == "" {
			t.Errorf("select %q: %v, want an *Error with a hint", selector, err)
		}
	}
}
