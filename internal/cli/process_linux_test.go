package cli_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// binary copies the test's own binary to where every user may run it. Its
// name makes it linger (see TestMain), its directory tells its processes from
// those of other tests.
func binary(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "linger-test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	path := filepath.Join(dir, "linger")
	// A program that another test starts meanwhile would hold the file open for
	// writing until its exec, and the kernel runs no such file (ETXTBSY).
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(to, from)
	if err := errors.Join(err, to.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// exitStatus returns the status of a program that has ended; -1 if a signal
// ended it.
func exitStatus(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit != nil {
		return exit.ExitCode()
	}
	return 0
}

// Who watches ends it by Ctrl-C: that is no failure, and what was recorded is
// whole.
func TestWatchEndsOnSIGINTWithTheStatusOfTheLastLook(t *testing.T) {
	path, recording := binary(t), filepath.Join(t.TempDir(), "recording")
	cmd := exec.Command(path, "--watch", "100ms", "--json", "--save", recording)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var last struct{ Exit int }
	looks := 0
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		if err := json.Unmarshal(lines.Bytes(), &last); err != nil {
			t.Fatal(err)
		}
		if looks++; looks == 2 {
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := exitStatus(t, cmd.Wait()); got != last.Exit || looks < 2 || stderr.Len() > 0 {
		t.Errorf("exit status %d after %d looks, the last said %d; standard error: %s", got, looks, last.Exit, &stderr)
	}
	replayed, err := exec.Command(path, "--json", "--from", recording).Output()
	if got := exitStatus(t, err); got != last.Exit || bytes.Count(replayed, []byte("\n")) != looks {
		t.Errorf("read back: exit status %d after\n%s", got, replayed)
	}
}

// `linger | head` closes the pipe early: SIGPIPE may end linger, as it ends
// other programs, but silently.
func TestAClosedPipeEndsLingerWithoutAWord(t *testing.T) {
	for _, args := range [][]string{{}, {"--json"}, {"states"}, {"--help"}, {"man"}} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		cmd := exec.Command(binary(t), args...)
		var stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = w, &stderr
		err = cmd.Run()
		w.Close()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGPIPE {
			t.Errorf("linger %s ended with %v, not by SIGPIPE", strings.Join(args, " "), err)
		}
		if stderr.Len() > 0 {
			t.Errorf("linger %s said %q", strings.Join(args, " "), &stderr)
		}
	}
}

func TestAFullDiskIsAnErrorAndNoVerdict(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	for _, args := range [][]string{{}, {"--json"}, {"states"}, {"man"}, {"completion", "bash"}, {"version"}} {
		cmd := exec.Command(binary(t), args...)
		var stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = full, &stderr
		if got := exitStatus(t, cmd.Run()); got != 3 || !strings.Contains(stderr.String(), "no space left on device") {
			t.Errorf("linger %s: exit status %d, standard error %q", strings.Join(args, " "), got, &stderr)
		}
	}
}

const nobody = 65534

// Most looks are taken by people without root on that host.
func TestKernelLingerAnswersWithoutPrivileges(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user")
	}
	for _, args := range [][]string{{}, {"states", "--by", "owner"}, {"--netns", "all"}} {
		cmd := exec.Command(binary(t), args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if got := exitStatus(t, err); got > 2 || len(out) == 0 || stderr.Len() > 0 {
			t.Errorf("linger %s: exit status %d, %q, standard error %q", strings.Join(args, " "), got, out, &stderr)
		}
	}
	cmd := exec.Command(binary(t), "--netns", "1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if got := exitStatus(t, err); got == 3 && !strings.Contains(string(out), "\nlinger: hint: ") {
		t.Errorf("no hint for another user's namespace: %s", out)
	}
}
