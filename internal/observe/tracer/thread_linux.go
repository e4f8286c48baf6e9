package tracer

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// onItsOwnThread runs f on a thread that ends after it, so that nobody inherits
// what f does to the thread.
func onItsOwnThread(f func() error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and its end ends the thread
		if unix.Gettid() != unix.Getpid() {
			result <- f()
			return
		}
		// The first thread cannot end, and as it is held here, the next one is
		// another.
		result <- onItsOwnThread(f)
		runtime.UnlockOSThread()
	}()
	return <-result
}
