package tracer

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// DropPrivileges gives up, for all threads and for good, every capability but
// those in keep (unix.CAP_…), and that programs started from now on get more:
// it sets no_new_privs, and empties the bounding set where CAP_SETPCAP allows
// that. Tracers that are open go on to work; new ones cannot be opened, and
// other users' /proc/PID/fd takes CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH.
//
// Before Linux 5.19, where kernel.unprivileged_bpf_disabled is set, reading a
// Tracer's counts takes CAP_BPF, which is then kept if it is there.
//
// It fails with errors.ErrUnsupported, and nothing is dropped, in a program
// that was built with cgo: Go does not know all threads there. Threads must not
// differ in their capabilities (see syscall.AllThreadsSyscall).
func DropPrivileges(keep ...int) error {
	if !running().AtLeast(5, 19) && bpfRestricted("/proc/sys/kernel/unprivileged_bpf_disabled") {
		keep = append(keep[:len(keep):len(keep)], unix.CAP_BPF)
	}
	kept := uint64(0)
	for _, c := range keep {
		kept |= 1 << c
	}
	if _, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0); errno != 0 {
		return fmt.Errorf("drop privileges: set no_new_privs: %w", errno)
	}
	for c := range 64 {
		if kept>>c&1 != 0 {
			continue
		}
		// EINVAL ends the list; EPERM is said above.
		if _, _, errno := syscall.AllThreadsSyscall(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, uintptr(c), 0); errno != 0 {
			break
		}
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return fmt.Errorf("drop privileges: %w", err)
	}
	for i := range data {
		data[i].Permitted &= uint32(kept >> (32 * i))
		data[i].Effective = data[i].Permitted
		data[i].Inheritable = 0
	}
	_, _, errno := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&data[0])), 0)
	if errno != 0 {
		return fmt.Errorf("drop privileges: %w", errno)
	}
	return nil
}

// bpfRestricted reports whether the kernel lets nobody without capabilities use
// bpf(), also for maps that are open. Where it does not say it may be so.
func bpfRestricted(path string) bool {
	text, err := os.ReadFile(path)
	return err != nil || strings.TrimSpace(string(text)) != "0"
}
