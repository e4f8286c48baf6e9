package workload

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// asUser runs do, which makes a socket, with the filesystem user id that the
// kernel gives to the socket's inode and thereby to the socket (sock_alloc,
// sock_init_data). uid 0 changes nothing. The id belongs to the thread, so
// that nothing else of the program notices.
func asUser[T any](uid uint32, do func() (T, error)) (made T, err error) {
	if uid == 0 {
		return do()
	}
	runtime.LockOSThread()
	own, now := become(int(uid))
	if uint32(now) == uid {
		made, err = do()
	} else {
		err = fmt.Errorf("become user %d: %w", uid, unix.EPERM)
	}
	if _, back := become(own); back == own {
		runtime.UnlockOSThread() // else the thread ends with its goroutine
	}
	return made, err
}

// become changes the thread's filesystem user id, and returns the id before
// and after, which are the same if the change is not permitted.
//
// A change clears two marks of the process, which are put back: the parent
// death signal that ends the program with its starter, and dumpability,
// without which an observer of the same user may not look into /proc
// (commit_creds).
func become(uid int) (before, after int) {
	var death int32
	_ = unix.Prctl(unix.PR_GET_PDEATHSIG, uintptr(unsafe.Pointer(&death)), 0, 0, 0)
	dumpable, _ := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	before, _ = unix.SetfsuidRetUid(uid)
	after, _ = unix.SetfsuidRetUid(-1) // no id: changes nothing
	if dumpable == 1 {
		_ = unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0)
	}
	if death != 0 {
		_ = unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(death), 0, 0, 0)
	}
	return before, after
}
