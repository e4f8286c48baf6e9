package tracer

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestHandlerAddressIsFoundOrItIsSaidWhyNot(t *testing.T) {
	const others = "ffffffff82006860 t __pfx_tw_timer_handler\nffffffff82000000 t tw_timer_handler_not\n"
	got, err := handlerAddress(write(t, others+"ffffffff82006870 t tw_timer_handler\n"))
	if err != nil || got != 0xffffffff82006870 {
		t.Errorf("%x, %v", got, err)
	}
	if _, err := handlerAddress(write(t, "0000000000000000 t tw_timer_handler\n")); err == nil || !strings.Contains(err.Error(), "kptr_restrict") {
		t.Errorf("hidden: %v", err)
	}
	if _, err := handlerAddress(write(t, others)); err == nil {
		t.Error("found where there is none")
	}
	if _, err := handlerAddress("/nonexistent"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestOnlyTheChosenLockdownCounts(t *testing.T) {
	if !confidential(write(t, "none integrity [confidentiality]\n")) || confidential(write(t, "none [integrity] confidentiality\n")) || confidential("/nonexistent") {
		t.Error("lockdown is misread")
	}
}

func TestRefusalsOfOtherKindsAreNotUnavailability(t *testing.T) {
	var no *UnavailableError
	if err := refused(fmt.Errorf("load: %w", syscall.E2BIG)); errors.As(err, &no) || !errors.Is(err, syscall.E2BIG) {
		t.Errorf("%v", err)
	}
	if err := refused(fmt.Errorf("load: %w", syscall.ENOSYS)); !errors.As(err, &no) {
		t.Errorf("%v", err)
	}
}

func TestKernelWithoutRightsOpenSaysSo(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		if _, err := Open(Options{}); err == nil {
			t.Skip("this user may trace")
		} else if no := new(UnavailableError); !errors.As(err, &no) {
			t.Errorf("%v", err)
		}
		return
	}
	cmd := agent("stranger")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	cmd.Stderr = nil
	out, err := cmd.Output()
	var status *exec.ExitError
	if errors.As(err, &status) {
		t.Fatalf("%v: %s", err, status.Stderr)
	}
	if strings.Contains(string(out), "is older than") {
		t.Skipf("%s", out)
	}
	if err != nil || !strings.Contains(string(out), "no right to load BPF programs") || !strings.Contains(string(out), "sudo linger") {
		t.Errorf("%q, %v", out, err)
	}
}

func TestKernelOneThatIsTooOldIsNamed(t *testing.T) {
	t.Parallel()
	if running().AtLeast(5, 12) {
		t.Skip("this kernel is new enough")
	}
	_, err := Open(Options{})
	if no := new(UnavailableError); !errors.As(err, &no) || !strings.Contains(err.Error(), "is older than 5.12") {
		t.Errorf("%v", err)
	}
}
