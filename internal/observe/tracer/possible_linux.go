package tracer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/evidence"
)

const (
	kallsyms = "/proc/kallsyms"
	vmlinux  = "/sys/kernel/btf/vmlinux"
	lockdown = "/sys/kernel/security/lockdown"
	handler  = "tw_timer_handler" // of struct inet_timewait_sock's timer, since 4.4
)

// possible looks for what would surely make loading fail, because the kernel's
// own answers to that are hard to read.
func possible(release evidence.Kernel) error {
	if !release.AtLeast(5, 12) {
		return &UnavailableError{Why: fmt.Sprintf("Linux %s is older than 5.12, the first that can", release)}
	}
	if _, err := os.Stat(vmlinux); err != nil {
		return &UnavailableError{Why: "this kernel describes its structures to nobody (no CONFIG_DEBUG_INFO_BTF)", Err: err}
	}
	return nil
}

// running returns the release of the kernel at hand, "" if it does not tell.
func running() evidence.Kernel {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return ""
	}
	return evidence.Kernel(unix.ByteSliceToString(name.Release[:]))
}

// refused says why the kernel would not load or attach the programs.
func refused(err error) error {
	switch {
	case errors.Is(err, unix.ENOSYS):
		return &UnavailableError{Why: "this kernel was built without BPF", Err: err}
	case !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.EACCES):
		return fmt.Errorf("trace connections: %w", err)
	case !allowed():
		return &UnavailableError{Why: "no right to load BPF programs (CAP_BPF and CAP_PERFMON)", Hint: "sudo linger trace", Err: unix.EPERM}
	case confidential(lockdown):
		return &UnavailableError{Why: errLocked.Error(), Err: err}
	}
	return &UnavailableError{Why: "the kernel or a security module refuses BPF programs even to this user", Err: err}
}

var errLocked = errors.New("the kernel is locked down to keep its memory confidential")

// unlocked returns err, or errLocked where that is why a program could not be
// loaded: the verifier then says that it does not know the helper that reads
// memory, as if the kernel were too old.
func unlocked(err error) error {
	if errors.Is(err, unix.EINVAL) && confidential(lockdown) {
		return errLocked
	}
	return err
}

// allowed reports whether this thread has the capabilities that BPF asks for.
func allowed() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if unix.Capget(&header, &data[0]) != nil {
		return false
	}
	has := func(c uint) bool { return data[c/32].Effective>>(c%32)&1 != 0 }
	return has(unix.CAP_SYS_ADMIN) || has(unix.CAP_BPF) && has(unix.CAP_PERFMON)
}

// confidential reports whether the lockdown file marks "confidentiality" as
// chosen, such as "none integrity [confidentiality]".
func confidential(path string) bool {
	text, err := os.ReadFile(path)
	return err == nil && bytes.Contains(text, []byte("[confidentiality]"))
}

// handlerAddress looks up the function of TIME_WAIT timers. Without
// CAP_SYSLOG, or with kernel.kptr_restrict at 2, all addresses read as 0.
func handlerAddress(path string) (uint64, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("look up %s: %w", handler, err)
	}
	defer file.Close() //nolint:errcheck // only read
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if !bytes.HasSuffix(lines.Bytes(), []byte(" "+handler)) {
			continue
		}
		fields := bytes.Fields(lines.Bytes())
		address, err := strconv.ParseUint(string(fields[0]), 16, 64)
		if err != nil {
			return 0, fmt.Errorf("look up %s: %w", handler, err)
		}
		if address == 0 {
			return 0, errors.New("the kernel hides its addresses (kernel.kptr_restrict, or no CAP_SYSLOG)")
		}
		return address, nil
	}
	if err := lines.Err(); err != nil {
		return 0, fmt.Errorf("look up %s: %w", handler, err)
	}
	return 0, fmt.Errorf("%s does not list %s", path, handler)
}
