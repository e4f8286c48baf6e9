package netlab

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// threadNS is the network namespace of the calling thread. /proc/self would
// give that of the main thread, which may differ.
const threadNS = "/proc/thread-self/ns/net"

// errLeft is returned when a function ends its goroutine, as t.FailNow does.
var errLeft = errors.New("function ended its goroutine instead of returning")

// excursion runs move and then fn on a locked thread of its own, and brings the
// thread back to the namespace it came from. move is what changes namespace.
//
// The goroutine is a new one so that a thread that cannot come back is never
// returned to the scheduler: a goroutine that ends while locked takes its
// thread with it. The Go runtime starts no thread from a locked one, so the
// namespace does not spread.
func excursion(move, fn func() error) error {
	done := make(chan error, 1)
	go func() {
		err := errLeft
		defer func() { done <- err }()
		runtime.LockOSThread()
		home, openErr := os.Open(threadNS)
		if openErr != nil {
			runtime.UnlockOSThread()
			err = fmt.Errorf("open own namespace: %w", openErr)
			return
		}
		defer func() {
			if enter(home) == nil {
				runtime.UnlockOSThread()
			}
			_ = home.Close()
		}()
		if moveErr := move(); moveErr != nil {
			err = moveErr
			return
		}
		err = fn()
	}()
	return <-done
}

// enter moves the calling thread into ns.
func enter(ns *os.File) error {
	if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter namespace: %w", err)
	}
	return nil
}
