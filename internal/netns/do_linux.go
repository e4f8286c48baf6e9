package netns

import (
	"errors"
	"io/fs"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// Do runs fn inside the namespace and returns what fn returns, or an *Error
// if the namespace could not be entered (it needs CAP_SYS_ADMIN, setns(2);
// the own namespace is always there). fn runs on an OS thread of its own
// while the caller waits; goroutines that fn starts run elsewhere, in the
// program's own namespace. Sockets that fn makes stay in the namespace.
//
// A thread that cannot go back, as when the own namespace belongs to a
// stronger user namespace, is discarded with its goroutine, so the program
// never runs on a strange thread. If fn ends its goroutine (runtime.Goexit,
// testing.T.FailNow), Do returns an error; a panic of fn ends the program.
func (n *Namespace) Do(fn func() error) error {
	err := error(&Error{Selector: n.Name, Problem: "the work inside ended its goroutine", Hint: "This is a defect of linger."})
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		back, stuck := n.enter()
		if stuck != nil {
			err = stuck
			runtime.UnlockOSThread()
			return
		}
		defer func() {
			// A goroutine that ends without unlocking takes its thread with it.
			if back == nil || leave(back) == nil {
				runtime.UnlockOSThread()
			}
		}()
		err = fn()
	}()
	<-done
	return err
}

// enter moves the thread into the namespace and returns the one it came
// from, or nil if it was there already.
func (n *Namespace) enter() (back *os.File, err error) {
	from, err := open("/proc/thread-self/ns/net", "", "")
	if err != nil {
		return nil, &Error{Selector: n.Name, Problem: "the way back cannot be told", Err: cause(err), Hint: "Mount /proc: `mount -t proc proc /proc`."}
	}
	if err := n.alive(); err != nil || from.ID == n.ID {
		from.Close()
		return nil, err
	}
	if err := setns(n.file); err != nil {
		from.Close()
		return nil, n.refused(err)
	}
	return from.file, nil
}

// alive reports os.ErrClosed after Close.
func (n *Namespace) alive() error {
	if err := control(n.file, func(int) error { return nil }); err != nil {
		return n.refused(err)
	}
	return nil
}

// leave brings the thread back.
func leave(back *os.File) error {
	defer back.Close()
	return setns(back)
}

func setns(file *os.File) error {
	return control(file, func(fd int) error { return unix.Setns(fd, unix.CLONE_NEWNET) })
}

func (n *Namespace) refused(err error) error {
	switch {
	case errors.Is(err, os.ErrClosed):
		return &Error{Selector: n.Name, Problem: "used after it was closed", Err: os.ErrClosed, Hint: "This is a defect of linger."}
	case errors.Is(err, fs.ErrPermission):
		return &Error{Selector: n.Name, Problem: "may not be entered", Err: err, Hint: "Run linger as root: entering a namespace needs CAP_SYS_ADMIN."}
	}
	return &Error{Selector: n.Name, Problem: "cannot be entered", Err: err, Hint: "Look whether it is still there with `lsns -t net`."}
}
