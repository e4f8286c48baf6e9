package netns

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root to make network namespaces")
	}
	t.Parallel()
}

// dwellerEnv makes the test binary a process that only waits.
const dwellerEnv = "LINGER_NETNS_DWELLER"

func TestMain(m *testing.M) {
	if os.Getenv(dwellerEnv) != "" {
		_, _ = io.Copy(io.Discard, os.Stdin)
		return
	}
	os.Exit(m.Run())
}

// dweller starts a process in a fresh network namespace and returns its PID.
// It lives until its standard input is closed, so it never outlives the test.
func dweller(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), dwellerEnv+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan error)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() { // Pdeathsig is of the thread: it must stay
		defer close(stopped)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		started <- cmd.Start()
		<-stop
	}()
	if err := <-started; err != nil {
		close(stop)
		if errors.Is(err, fs.ErrPermission) {
			t.Skipf("cannot make a network namespace: %v", err)
		}
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
		close(stop)
		<-stopped
	})
	return cmd.Process.Pid
}

// here returns the namespace of the calling thread.
func here(t *testing.T) uint64 {
	t.Helper()
	var stat unix.Stat_t
	if err := unix.Stat("/proc/thread-self/ns/net", &stat); err != nil {
		t.Error(err)
	}
	return stat.Ino
}

func TestKernelDoRunsInsideAndTheProgramStaysOutside(t *testing.T) {
	needRoot(t)
	own := one(t, emptyPlaces(t), "")
	n := one(t, emptyPlaces(t), strconv.Itoa(dweller(t)))
	if n.ID == own.ID {
		t.Fatal("the process is in our own namespace")
	}
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			if err := n.Do(func() error {
				runtime.Gosched()
				if got := here(t); got != n.ID {
					t.Errorf("inside: %d, want %d", got, n.ID)
				}
				return own.Do(func() error { // from a thread that is elsewhere
					if got := here(t); got != own.ID {
						t.Errorf("own within another: %d, want %d", got, own.ID)
					}
					return nil
				})
			}); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if got := here(t); got != own.ID {
				t.Errorf("outside: %d, want %d", got, own.ID)
			}
		})
	}
	wg.Wait()
}

func TestKernelTheNamespaceOutlivesItsLastProcess(t *testing.T) {
	needRoot(t)
	var n *Namespace
	t.Run("its process lives and dies", func(t *testing.T) {
		spaces, _, err := Select(strconv.Itoa(dweller(t)))
		if err != nil {
			t.Fatal(err)
		}
		n = spaces[0]
	})
	if n == nil {
		t.Skip("no namespace")
	}
	defer n.Close()
	if err := n.Do(func() error {
		if got := here(t); got != n.ID {
			t.Errorf("inside: %d, want %d", got, n.ID)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

func TestKernelAllPrefersNamesAndElseTheLowestPID(t *testing.T) {
	needRoot(t)
	p := emptyPlaces(t)
	named, nameless := dweller(t), dweller(t)
	if err := os.Symlink("/proc/"+strconv.Itoa(named)+"/ns/net", filepath.Join(p.run[0], "blue")); err != nil {
		t.Fatal(err)
	}
	spaces, _, err := p.choose("all")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]uint64{
		"host":                          one(t, p, "").ID,
		"blue":                          one(t, p, "blue").ID,
		"pid:" + strconv.Itoa(nameless): one(t, p, "pid:"+strconv.Itoa(nameless)).ID,
	}
	for _, n := range spaces {
		defer n.Close()
		if id, ok := want[n.Name]; ok && id == n.ID {
			delete(want, n.Name)
		}
		if n.Name == "pid:"+strconv.Itoa(named) {
			t.Errorf("%s is listed by PID though it has a name", n.Name)
		}
	}
	if len(want) != 0 {
		t.Errorf("missing %v", want)
	}
	if n := one(t, p, strconv.Itoa(named)); n.Name != "blue" {
		t.Errorf("selected by PID it is called %s, want blue", n.Name)
	}
}

// strangerEnv makes the test binary run the body of the test below inside a
// user namespace of its own, which does not own its network namespace.
const strangerEnv = "LINGER_TEST_STRANGER"

func TestKernelAThreadThatCannotGoBackIsDiscarded(t *testing.T) {
	if os.Getenv(strangerEnv) != "" {
		cannotGoBack(t)
		return
	}
	needRoot(t)
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), strangerEnv+"=1")
	ids := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER, UidMappings: ids, GidMappings: ids}
	out, err := cmd.CombinedOutput()
	if _, ran := err.(*exec.ExitError); err != nil && !ran {
		t.Skipf("cannot make a user namespace: %v", err)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func cannotGoBack(t *testing.T) {
	own := one(t, emptyPlaces(t), "")
	n := one(t, emptyPlaces(t), strconv.Itoa(dweller(t)))
	for range 16 {
		if err := n.Do(func() error {
			if got := here(t); got != n.ID {
				t.Errorf("inside: %d, want %d", got, n.ID)
			}
			if err := own.Do(func() error { return nil }); err != nil {
				t.Error(err)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if got := here(t); got != own.ID {
			t.Fatalf("after Do: %d, want %d", got, own.ID)
		}
	}
	if err := setns(own.file); err != unix.EPERM {
		t.Errorf("setns to the own namespace: %v; the test wants it refused", err)
	}
}
