package workload

import (
	"os"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The kernel takes both marks away when the id changes (commit_creds).
func TestKernelBecomingAnotherUserKeepsTheMarksOfTheProcess(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	check(t, unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0))
	defer func() { check(t, unix.Prctl(unix.PR_SET_PDEATHSIG, 0, 0, 0, 0)) }()
	own, other := become(1000)
	marks := func() (death int32, dumpable int) {
		check(t, unix.Prctl(unix.PR_GET_PDEATHSIG, uintptr(unsafe.Pointer(&death)), 0, 0, 0))
		dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
		check(t, err)
		return death, dumpable
	}
	death, dumpable := marks()
	_, back := become(own)
	if other != 1000 {
		t.Skip("user 1000 does not exist in this user namespace, or this process may not become it")
	}
	if death != int32(unix.SIGKILL) || dumpable != 1 || back != os.Geteuid() {
		t.Errorf("signal %d, dumpable %d, then user %d", death, dumpable, back)
	}
}
