package netlab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// helperEnv makes the test binary run as one of the programs below.
const helperEnv = "NETLAB_HELPER"

func TestMain(m *testing.M) {
	var err error
	switch os.Getenv(helperEnv) {
	case "":
		os.Exit(m.Run())
	case "sleep":
		time.Sleep(time.Hour) // without cgo "select {}" is taken for a deadlock
	case "leave-child":
		err = leaveChild()
	case "parent":
		err = parent()
	case "rootless":
		err = rootless()
	case "forbidden":
		err = forbidden()
	default:
		err = errors.New("no such helper")
	}
	if err != nil {
		fmt.Println("helper:", err)
		os.Exit(1)
	}
}

// helper returns the command that runs a helper. The path is the one that also
// a stranger to the test's temporary folder may execute.
func helper(name string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), helperEnv+"="+name)
	return cmd
}

func leaveChild() error {
	cmd := helper("sleep")
	if err := cmd.Start(); err != nil {
		return err
	}
	fmt.Println(cmd.Process.Pid)
	return nil
}

func parent() error {
	w, err := New()
	if err != nil {
		return err
	}
	h, err := w.Host("a")
	if err != nil {
		return err
	}
	p, err := h.Start(helper("sleep"))
	if err != nil {
		return err
	}
	fmt.Println(p.PID())
	time.Sleep(time.Hour)
	return nil
}

// rootless is run twice: by a stranger, and then as root of its namespace.
func rootless() error {
	if err := Allowed(); err != nil {
		code, err := Reexec(context.Background(), nil)
		if err == nil {
			os.Exit(code)
		}
		return err
	}
	w, err := New()
	if err != nil {
		return err
	}
	defer w.Close()
	a, err := w.Host("a")
	if err != nil {
		return err
	}
	b, err := w.Host("b")
	if err != nil {
		return err
	}
	if err := w.Join(a, b, []netip.Prefix{netip.MustParsePrefix("10.1.0.1/24")}, nil); err != nil {
		return err
	}
	if err := a.Sysctl("net.ipv4.tcp_tw_reuse", "1"); err != nil {
		return err
	}
	fmt.Println("private network made")
	os.Exit(7)
	return nil
}

// forbidden asks for a user namespace where the limit is none. The limit is
// one of the user namespace it is set in, so it is run in one.
func forbidden() error {
	if err := os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0); err != nil {
		return err
	}
	_, err := Reexec(context.Background(), nil)
	var no *PrivilegeError
	if !errors.As(err, &no) {
		return fmt.Errorf("not refused: %w", err)
	}
	fmt.Println(no.Hint)
	return nil
}

func TestKernelChildDiesWithAKilledParent(t *testing.T) {
	t.Parallel()
	world(t) // skips
	cmd := helper("parent")
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	var pid int
	if _, err := fmt.Sscan(line, &pid); err != nil {
		t.Fatalf("%v in %q", err, line)
	}
	child, err := unix.PidfdOpen(pid, 0)
	must(t, err)
	defer unix.Close(child)
	must(t, cmd.Process.Kill())
	_ = cmd.Wait()
	eventually(t, "the child has ended", func() bool {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(child), Events: unix.POLLIN}}, 0)
		return err == nil && n == 1
	})
}

func TestKernelStrangerMakesAWorldInAUserNamespace(t *testing.T) {
	t.Parallel()
	world(t) // skips
	cmd := helper("rootless")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if strings.Contains(string(out), "make a user namespace") {
		t.Skipf("this kernel does not permit user namespaces: %s", out)
	}
	if !strings.Contains(string(out), "private network made") || cmd.ProcessState.ExitCode() != 7 {
		t.Errorf("%v: %s", err, out)
	}
}

func TestKernelRefusalNamesTheSetting(t *testing.T) {
	t.Parallel()
	world(t) // skips
	cmd := helper("forbidden")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "user.max_user_namespaces is 0") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestHintNamesEverySuspectWhenNoneIsFound(t *testing.T) {
	got := hint(func(string) string { return "" })
	for _, key := range []string{"kernel.unprivileged_userns_clone", "user.max_user_namespaces", "kernel.apparmor_restrict_unprivileged_userns"} {
		if !strings.Contains(got, key) {
			t.Errorf("%q does not name %s", got, key)
		}
	}
}
