package owner

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"golang.org/x/sys/unix"
)

const childVar = "LINGER_OWNER_TEST_CHILD"

const nobody = 65534

const hostileName = "a) S 1 (\n\\b"

func TestMain(m *testing.M) {
	if mode := os.Getenv(childVar); mode != "" {
		if err := child(mode); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child is a process of its own, made from the test's binary. It says
// "ready" and ends with its standard input.
func child(mode string) error {
	switch mode {
	case "named":
		if err := os.WriteFile("/proc/self/comm", []byte(hostileName), 0); err != nil {
			return err
		}
	case "leaderless":
		go exitFirstThread()
		for { // until the kernel shows it
			data, err := os.ReadFile("/proc/self/stat")
			if err != nil {
				return err
			}
			if st, err := parseStat(data); err != nil || st.state == "Z" {
				break
			}
			runtime.Gosched()
		}
	}
	fmt.Println("ready")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// exitFirstThread ends the process's first thread alone. The goroutine that
// it runs on never returns, and neither do those that hold other threads back
// from it.
func exitFirstThread() {
	runtime.LockOSThread()
	if unix.Gettid() != os.Getpid() {
		go exitFirstThread()
		select {}
	}
	_, _, _ = unix.Syscall(unix.SYS_EXIT, 0, 0, 0)
}

// startChild starts a child that inherits files, and waits until it is ready.
func startChild(t *testing.T, mode string, files ...*os.File) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", "-with", "an argument") // nobody may not walk to its path
	cmd.Env = append(os.Environ(), childVar+"="+mode)
	if mode == "leaderless" && os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	cmd.ExtraFiles = files
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil || line != "ready\n" {
		t.Fatalf("child said %q: %v", line, err)
	}
	return cmd
}

// listen returns a listener's file and inode.
func listen(t *testing.T) (*os.File, uint64) {
	t.Helper()
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	file, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = file.Close()
		_ = l.Close()
	})
	var st unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &st); err != nil {
		t.Fatal(err)
	}
	return file, st.Ino
}

func findLive(t *testing.T, inode uint64) Holders {
	t.Helper()
	h, err := Find(context.Background(), "/proc", set(inode))
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Owners) != len(h.PIDs[inode]) {
		t.Fatalf("%d owners for PIDs %v", len(h.Owners), h.PIDs[inode])
	}
	return h
}

func TestThisProcessFindsItsOwnListener(t *testing.T) {
	_, inode := listen(t)
	h := findLive(t, inode)
	if !slices.Equal(h.PIDs[inode], []int{os.Getpid()}) {
		t.Fatalf("found in %v, this is %d", h.PIDs[inode], os.Getpid())
	}
	o := h.Owners[0]
	if o.UID != uint32(os.Geteuid()) || o.Parent != os.Getppid() || o.Start == 0 || !o.State.Running() {
		t.Errorf("got %+v", o)
	}
	if !slices.Equal(o.Cmdline, os.Args) {
		t.Errorf("command line is %q, want %q", o.Cmdline, os.Args)
	}
	comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", os.Getppid()))
	if err == nil && o.ParentName != strings.TrimSuffix(string(comm), "\n") {
		t.Errorf("parent is %q, want %q", o.ParentName, comm)
	}
}

func TestAChildThatInheritsTheSocketIsNamedBesideItsParent(t *testing.T) {
	file, inode := listen(t)
	cmd := startChild(t, "named", file, file)
	h := findLive(t, inode)
	want := []int{os.Getpid(), cmd.Process.Pid}
	slices.Sort(want)
	if !slices.Equal(h.PIDs[inode], want) {
		t.Fatalf("found in %v, want %v", h.PIDs[inode], want)
	}
	o := ownerOf(t, h, cmd.Process.Pid)
	if o.Name != hostileName {
		t.Errorf("name is %q, want %q", o.Name, hostileName)
	}
	if o.Parent != os.Getpid() || !slices.Equal(o.Cmdline[1:], []string{"-with", "an argument"}) {
		t.Errorf("got %+v", o)
	}
}

func ownerOf(t *testing.T, h Holders, pid int) evidence.Owner {
	t.Helper()
	for _, o := range h.Owners {
		if o.PID == pid {
			return o
		}
	}
	t.Fatalf("process %d is not described", pid)
	return evidence.Owner{}
}

func TestAStoppedHolderIsShownInStateT(t *testing.T) {
	file, inode := listen(t)
	cmd := startChild(t, "holds", file)
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	var info unix.Siginfo
	if err := unix.Waitid(unix.P_PID, cmd.Process.Pid, &info, unix.WSTOPPED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	if o := ownerOf(t, findLive(t, inode), cmd.Process.Pid); o.State != "T" || o.State.Running() {
		t.Errorf("got %+v", o)
	}
}

func TestAHolderWhoseFirstThreadHasExitedIsFound(t *testing.T) {
	file, inode := listen(t)
	cmd := startChild(t, "leaderless", file)
	o := ownerOf(t, findLive(t, inode), cmd.Process.Pid)
	if o.State != "Z" {
		t.Errorf("state is %q, want that of the first thread", o.State)
	}
	// Its user needs no privilege to see that, though /proc/PID/fd is root's.
	if r := findAsNobody(t, inode); ownerOf(t, r.Holders, cmd.Process.Pid).UID != o.UID {
		t.Errorf("without privilege: %+v, %v", r.Holders, r.err)
	}
}

func TestAZombieHoldsNothingAndIsDescribedUntilItIsReaped(t *testing.T) {
	file, inode := listen(t)
	cmd := startChild(t, "holds", file)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var info unix.Siginfo
	if err := unix.Waitid(unix.P_PID, cmd.Process.Pid, &info, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	if h := findLive(t, inode); !slices.Equal(h.PIDs[inode], []int{os.Getpid()}) {
		t.Errorf("found in %v", h.PIDs[inode])
	}
	if o, err := Describe("/proc", cmd.Process.Pid); err != nil || o.State != "Z" || o.Cmdline != nil {
		t.Errorf("got %+v, %v", o, err)
	}
	_ = cmd.Wait()
	if _, err := Describe("/proc", cmd.Process.Pid); !errors.Is(err, ErrGone) {
		t.Errorf("after it was reaped: %v", err)
	}
}

// The scan relies on this instead of comparing start times over and over.
func TestADirectoryOfAnEndedProcessNeverLeadsToItsSuccessor(t *testing.T) {
	cmd := startChild(t, "holds")
	fds, err := openDir(unix.AT_FDCWD, fmt.Sprintf("/proc/%d/fd", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fds)
	var r reader
	if _, err := r.describe(fds, "..", "/proc", cmd.Process.Pid); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if o, err := r.describe(fds, "..", "/proc", cmd.Process.Pid); !errors.Is(err, ErrGone) {
		t.Errorf("got %+v, %v", o, err)
	}
}

func TestWithoutPrivilegeRefusedProcessesAreAGapAndOwnSocketsAreFound(t *testing.T) {
	_, inode := listen(t)
	r := findAsNobody(t, inode)
	if r.err != nil || !slices.Equal(r.PIDs[inode], []int{os.Getpid()}) {
		t.Fatalf("found in %v: %v", r.PIDs[inode], r.err)
	}
	if len(r.Gaps) == 0 {
		t.Fatal("no gaps, although the process 1 is another user's")
	}
	if what := r.Gaps[0].What; !strings.HasPrefix(what, "no permission") && !strings.Contains(what, "hidepid") {
		t.Errorf("the gap is %q", what)
	}
	var gap int
	_, _ = fmt.Sscanf(r.Gaps[0].What, "no permission to read the descriptors of %d", &gap)
	if userland := userProcesses(t); gap > userland {
		t.Errorf("%d processes were refused, but without kernel threads there are only %d", gap, userland)
	}
}

type result struct {
	Holders
	err error
}

// findAsNobody calls Find without privilege.
func findAsNobody(t *testing.T, inode uint64) result {
	t.Helper()
	results := make(chan result)
	go asNobody(func() {
		h, err := Find(context.Background(), "/proc", set(inode))
		results <- result{h, err}
	})
	r := <-results
	if os.Geteuid() == 0 { // a change of user makes a process undumpable
		if err := unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0); err != nil {
			t.Error(err)
		}
	}
	return r
}

// asNobody calls f in a thread that has given up root for good, and is
// not the first, which stands for the process in /proc.
func asNobody(f func()) {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	if unix.Gettid() == os.Getpid() {
		done := make(chan struct{})
		go func() { defer close(done); asNobody(f) }()
		<-done
		runtime.UnlockOSThread()
		return
	}
	if os.Geteuid() == 0 {
		for _, call := range []uintptr{unix.SYS_SETRESGID, unix.SYS_SETRESUID} { // of this thread alone
			if _, _, errno := unix.RawSyscall(call, nobody, nobody, nobody); errno != 0 {
				panic(errno)
			}
		}
	}
	f()
}

// userProcesses counts the processes that are not kernel threads.
func userProcesses(t *testing.T) int {
	t.Helper()
	s, err := openScan("/proc", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	pids, err := s.numbers(s.proc)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, pid := range pids {
		if st, err := s.stat(s.proc, fmt.Sprint(pid)); err == nil && st.flags&kernelThread == 0 {
			n++
		}
	}
	return n
}

func TestADescriptorCostsNoAllocation(t *testing.T) {
	s, err := openScan("/proc", set(1))
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	measure := func() float64 {
		return testing.AllocsPerRun(10, func() { s.process(context.Background(), os.Getpid()) })
	}
	few := measure()
	for range 200 {
		_, _ = listen(t)
	}
	if many := measure(); many > few+2 {
		t.Errorf("%v allocations, %v with 400 more descriptors", few, many)
	}
}

func BenchmarkFindLive(b *testing.B) {
	b.ReportAllocs()
	var h Holders
	for b.Loop() {
		var err error
		if h, err = Find(context.Background(), "/proc", set(1)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(h.Scanned), "processes/op")
}
