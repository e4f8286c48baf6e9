package binders

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// refused says why the kernel would not load the programs.
func refused(err error) error {
	_, noBTF := os.Stat("/sys/kernel/btf/vmlinux")
	switch {
	case noBTF != nil:
		return &UnavailableError{Why: "this kernel describes its structures to nobody (no CONFIG_DEBUG_INFO_BTF)", Err: noBTF}
	case errors.Is(err, unix.ENOSYS):
		return &UnavailableError{Why: "this kernel was built without BPF", Err: err}
	case errors.Is(err, unix.EPERM) && os.Geteuid() != 0, errors.Is(err, unix.EACCES) && os.Geteuid() != 0:
		return &UnavailableError{Why: "that needs the right to load BPF programs (CAP_BPF and CAP_PERFMON)", Hint: "sudo linger why", Err: unix.EPERM}
	case errors.Is(err, unix.EINVAL) && confidential(): // the helper that reads memory is not known then
		return &UnavailableError{Why: "the kernel is locked down to keep its memory confidential", Err: err}
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return &UnavailableError{Why: "the kernel or a security module refuses BPF programs even to this user", Err: err}
	}
	return fmt.Errorf("read options of sockets: %w", err)
}

// confidential reports whether lockdown keeps BPF programs from reading the
// kernel's memory, as lockdown=confidentiality does.
func confidential() bool {
	text, err := os.ReadFile("/sys/kernel/security/lockdown")
	return err == nil && bytes.Contains(text, []byte("[confidentiality]"))
}
