package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// calls are the system calls before which a program is killed, or which fail:
// those by which this package, or the runtime for it, uses files. Other calls leave
// nothing behind.
func calls() []uint32 {
	return []uint32{
		unix.SYS_OPENAT, unix.SYS_READ, unix.SYS_PREAD64, unix.SYS_WRITE, unix.SYS_PWRITE64, unix.SYS_CLOSE,
		unix.SYS_FSYNC, unix.SYS_FTRUNCATE, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_UNLINKAT, unix.SYS_MKDIRAT,
		unix.SYS_FCHMOD, unix.SYS_FCHOWN, unix.SYS_FSETXATTR, unix.SYS_FCNTL, unix.SYS_GETDENTS64, unix.SYS_SETNS,
	}
}

// stopAtCalls makes every thread of this process stop before each of the calls,
// for its tracer: seccomp(2), SECCOMP_RET_TRACE. So what happened before is
// not counted, and nothing else is slowed down.
func stopAtCalls() error {
	list := calls()
	program := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}} // seccomp_data.nr
	for i, nr := range list {
		program = append(program, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: nr, Jt: uint8(len(list) - i)})
	}
	program = append(program,
		unix.SockFilter{Code: unix.BPF_RET, K: unix.SECCOMP_RET_ALLOW},
		unix.SockFilter{Code: unix.BPF_RET, K: unix.SECCOMP_RET_TRACE})
	fprog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&fprog)))
	runtime.KeepAlive(program)
	if errno != 0 {
		return errno
	}
	return nil
}

// fault is what happens at the nth call, counted from 1.
type fault struct {
	at     int
	all    bool          // count every call, not only those that change something
	errno  syscall.Errno // 0: the process is killed before the call
	onward bool          // every later call that changes a file fails too
}

// outcome is how a traced run ended.
type outcome struct {
	hit   bool     // the fault happened; if not, there are fewer calls than that
	what  string   // the call that it happened to
	err   error    // what the program said, if it was not killed
	calls []string // all, without a fault
}

// traced runs a program of this test's binary with a fault in it. The calling
// thread must be locked; the program starts in that thread's namespace.
func traced(env []string, f fault) (outcome, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return outcome{}, err
	}
	defer r.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		return outcome{}, err
	}
	defer null.Close()
	pid, err := syscall.ForkExec("/proc/self/exe", []string{"journal.test"}, &syscall.ProcAttr{
		Env: append(os.Environ(), env...), Files: []uintptr{null.Fd(), w.Fd(), w.Fd()},
		Sys: &syscall.SysProcAttr{Ptrace: true, Pdeathsig: syscall.SIGKILL},
	})
	_ = w.Close()
	if err != nil {
		return outcome{}, err
	}
	out, err := (&tracer{pid: pid, fault: f}).run()
	if err != nil {
		_ = unix.Kill(pid, unix.SIGKILL)
		return out, err
	}
	said, err := io.ReadAll(r)
	if len(said) > 0 && out.err == nil {
		out.err = errors.New(strings.TrimSpace(string(said)))
	}
	return out, err
}

type tracer struct {
	pid   int
	fault fault
	count int
	out   outcome
}

func (t *tracer) run() (outcome, error) {
	var status unix.WaitStatus
	if _, err := unix.Wait4(t.pid, &status, unix.WALL, nil); err != nil {
		return t.out, fmt.Errorf("wait for the start: %w", err)
	}
	err := unix.PtraceSetOptions(t.pid, unix.PTRACE_O_TRACECLONE|unix.PTRACE_O_TRACESECCOMP|unix.PTRACE_O_EXITKILL)
	if err != nil {
		return t.out, fmt.Errorf("trace: %w", err)
	}
	for tid, deliver := t.pid, 0; ; {
		if err := unix.PtraceCont(tid, deliver); err != nil && !errors.Is(err, unix.ESRCH) {
			return t.out, fmt.Errorf("continue: %w", err)
		}
		// Not the children of other threads: other tests have theirs.
		for {
			var err error
			if tid, err = unix.Wait4(-1, &status, unix.WALL|unix.WNOTHREAD, nil); err != nil {
				return t.out, fmt.Errorf("wait: %w", err)
			}
			if status.Stopped() {
				break
			}
			if tid == t.pid && (status.Exited() || status.Signaled()) {
				if status.Signaled() && !(t.out.hit && t.fault.errno == 0) {
					return t.out, fmt.Errorf("ended by %v", status.Signal())
				}
				return t.out, nil
			}
		}
		deliver = 0
		switch sig := status.StopSignal(); {
		case sig == unix.SIGTRAP && status.TrapCause() == unix.PTRACE_EVENT_SECCOMP:
			if err := t.call(tid); err != nil {
				return t.out, err
			}
		case sig != unix.SIGTRAP && sig != unix.SIGSTOP:
			deliver = int(sig)
		}
	}
}

// call is at a call that is about to be made.
func (t *tracer) call(tid int) error {
	var info syscallInfo
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_GET_SYSCALL_INFO, uintptr(tid), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 {
		return fmt.Errorf("look at the call: %w", errno)
	}
	if !aboutFiles(tid, info) || !t.fault.all && !changes(info) {
		return nil
	}
	what := describe(tid, info)
	setting := strings.HasPrefix(what, "/proc/")
	t.count++
	switch {
	case t.fault.at == 0:
		t.out.calls = append(t.out.calls, what)
		return nil
	case t.count == t.fault.at:
		t.out.hit, t.out.what = true, what
	case t.count < t.fault.at || !t.fault.onward || setting || !changes(info):
		return nil
	}
	if t.fault.onward && setting { // the disk is what fails
		return nil
	}
	if t.fault.errno != 0 {
		return failCall(tid, t.fault.errno)
	}
	return unix.Kill(t.pid, unix.SIGKILL)
}

// syscallInfo is struct ptrace_syscall_info for a stop of seccomp.
type syscallInfo struct {
	op      uint8
	_       [3]uint8
	arch    uint32
	ip, sp  uint64
	nr      uint64
	args    [6]uint64
	retData uint32
	_       [4]uint8
}

// aboutFiles leaves out what the runtime does with pipes and events of its own.
func aboutFiles(tid int, info syscallInfo) bool {
	switch info.nr {
	case unix.SYS_READ, unix.SYS_WRITE, unix.SYS_CLOSE, unix.SYS_FCNTL:
		return strings.HasPrefix(fdPath(tid, info.args[0]), "/")
	}
	return true
}

// changes leaves out what changes nothing, before which a death is the same as
// before the next call that does. Locks end with the process.
func changes(info syscallInfo) bool {
	switch info.nr {
	case unix.SYS_OPENAT:
		return info.args[2]&(unix.O_WRONLY|unix.O_RDWR|unix.O_CREAT) != 0
	case unix.SYS_READ, unix.SYS_PREAD64, unix.SYS_CLOSE, unix.SYS_FCNTL, unix.SYS_GETDENTS64, unix.SYS_SETNS:
		return false
	}
	return true
}

func fdPath(tid int, fd uint64) string {
	path, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", tid, int32(fd)))
	return path
}

// describe begins with the path that the call is about.
func describe(tid int, info syscallInfo) string {
	switch info.nr {
	case unix.SYS_OPENAT, unix.SYS_UNLINKAT, unix.SYS_MKDIRAT, unix.SYS_RENAMEAT:
		buf := make([]byte, 200)
		n, _ := unix.PtracePeekData(tid, uintptr(info.args[1]), buf)
		path, _, _ := strings.Cut(string(buf[:n]), "\x00")
		return fmt.Sprintf("%s: call %d", path, info.nr)
	}
	return fmt.Sprintf("%s: call %d", fdPath(tid, info.args[0]), info.nr)
}
