package journal

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// canFail says that failCall works on this processor.
const canFail = true

// failCall makes the call that the thread is about to make fail, without
// having been made: seccomp(2), SECCOMP_RET_TRACE.
func failCall(tid int, errno syscall.Errno) error {
	var regs unix.PtraceRegs
	if err := unix.PtraceGetRegs(tid, &regs); err != nil {
		return err
	}
	regs.Orig_rax, regs.Rax = ^uint64(0), -uint64(errno)
	return unix.PtraceSetRegs(tid, &regs)
}
