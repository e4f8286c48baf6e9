package netlab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// reexecMark is set in the environment of a program started by Reexec, so that
// a kernel that gives it no capabilities does not start an endless chain.
const reexecMark = "LINGER_REEXEC"

// reexecGrace is how long a program may take to end after its context did.
const reexecGrace = 10 * time.Second

// Allowed returns nil if this process has the capabilities to make namespaces,
// and a *PrivilegeError if it has not. The kernel can still refuse, for
// example where seccomp forbids unshare(2).
func Allowed() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return fmt.Errorf("read own capabilities: %w", err)
	}
	const need = 1<<unix.CAP_SYS_ADMIN | 1<<unix.CAP_NET_ADMIN
	if data[0].Effective&need != need {
		return refused("make a network namespace", unix.EPERM)
	}
	return nil
}

// Reexec runs this program again as root of a new user namespace, where it may
// make a World without being root outside, and returns its exit code. args are
// the arguments after the program's name. Standard input, output and error
// are shared. When ctx ends the program gets SIGTERM; it is killed if this
// process dies.
//
// The error is a *PrivilegeError if the kernel does not permit it, or if this
// already is such a program.
func Reexec(ctx context.Context, args []string) (code int, err error) {
	if os.Getenv(reexecMark) != "" {
		return 0, refused("use a user namespace", unix.EPERM)
	}
	cmd := exec.CommandContext(ctx, "/proc/self/exe", args...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), reexecMark+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = reexecGrace
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	// The signal of Pdeathsig is tied to the thread that forks.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return 0, refused("make a user namespace", err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); errors.As(err, &exit) {
		return exit.ExitCode(), nil
	} else if err != nil {
		return 0, fmt.Errorf("run in a user namespace: %w", err)
	}
	return 0, nil
}

// refused makes a *PrivilegeError of a kernel's no: EPERM, or ENOSPC for a
// limit of the number of namespaces (namespaces(7)). Other errors are only
// wrapped.
func refused(op string, err error) error {
	for _, no := range []error{unix.EPERM, unix.EACCES, unix.ENOSPC, unix.EUSERS, unix.ENOSYS, unix.EINVAL} {
		if errors.Is(err, no) {
			return &PrivilegeError{Op: op, Err: err, Hint: hint(readFile)}
		}
	}
	return fmt.Errorf("%s: %w", op, err)
}

func readFile(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}

// hint names the settings that forbid user namespaces here. The first is of
// Debian's kernels, the last of Ubuntu's.
func hint(read func(path string) string) string {
	var found []string
	for _, s := range []struct{ key, forbids string }{
		{"kernel.unprivileged_userns_clone", "0"},
		{"user.max_user_namespaces", "0"},
		{"user.max_net_namespaces", "0"},
		{"kernel.apparmor_restrict_unprivileged_userns", "1"},
	} {
		if read("/proc/sys/"+strings.ReplaceAll(s.key, ".", "/")) == s.forbids {
			found = append(found, s.key+" is "+s.forbids)
		}
	}
	if found != nil {
		return "run it as root; " + strings.Join(found, ", ") + ", which forbids a private network without root"
	}
	return "run it as root, or permit user namespaces: see the sysctls kernel.unprivileged_userns_clone, user.max_user_namespaces and " +
		"kernel.apparmor_restrict_unprivileged_userns, and the seccomp profile of the container if this is one"
}
