package workload

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// adopt takes over the descriptors that the program was started with, and sees
// to it that no child gets them by accident.
func (c *caller) adopt(o CallsOptions) error {
	if len(o.Children) > 0 && len(o.Inherit) > 0 {
		return fmt.Errorf("children and inherited sockets exclude each other")
	}
	c.spares = map[string]channel{}
	for i, name := range o.Children {
		spare := channel{in: firstExtra + 2*i, out: firstExtra + 2*i + 1}
		if !isName(name) {
			return fmt.Errorf("%q is no name for a child", name)
		}
		for _, fd := range []int{spare.in, spare.out} {
			if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, unix.FD_CLOEXEC); err != nil {
				return fmt.Errorf("descriptor %d for child %s: %w", fd, name, err)
			}
		}
		c.spares[name] = spare
	}
	for i, name := range o.Inherit {
		s, err := inherit(firstExtra + i)
		if err != nil {
			return fmt.Errorf("inherit %s: %w", name, err)
		}
		c.sockets[name] = s
	}
	return nil
}

// inherit takes over a socket. The user that it was made for is in its inode.
func inherit(fd int) (*socket, error) {
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, unix.FD_CLOEXEC); err != nil {
		return nil, err
	}
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return nil, err
	}
	uid := stat.Uid
	if uid == uint32(os.Geteuid()) {
		uid = 0
	}
	return wrapSocket(fd, uid)
}

// fork starts a child with all sockets. fork(2) itself is not for programs
// with threads; for descriptors it comes to the same.
func (c *caller) fork(r Request) (Answer, error) {
	if c.self == nil {
		return Answer{}, misuse("cannot fork: not a process of its own")
	}
	c.mu.Lock()
	spare, ok := c.spares[r.Child]
	delete(c.spares, r.Child)
	c.mu.Unlock()
	if !ok {
		return Answer{}, misuse(fmt.Sprintf("no input and output for a child %q", r.Child))
	}
	defer func() { _, _ = unix.Close(spare.in), unix.Close(spare.out) }()

	names, held, err := c.duplicate()
	defer func() {
		for _, fd := range held {
			_ = unix.Close(int(fd))
		}
	}()
	if err != nil {
		return Answer{}, err
	}
	args := slices.Clone(c.self)
	if len(names) > 0 {
		args = append(args, "-inherit="+strings.Join(names, ","))
	}
	pid, err := syscall.ForkExec("/proc/self/exe", args, &syscall.ProcAttr{
		Env:   os.Environ(),
		Files: append([]uintptr{uintptr(spare.in), uintptr(spare.out), uintptr(syscall.Stderr)}, held...),
		// A session of its own, not only a process group: else a child that is
		// stopped got SIGHUP at its parent's end (kill_orphaned_pgrp).
		Sys: &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return Answer{}, os.NewSyscallError("fork", err)
	}
	return Answer{PID: pid}, nil
}

// duplicate returns the names of all sockets and a new descriptor of each,
// which a close of the socket meanwhile cannot give to another file.
func (c *caller) duplicate() (names []string, fds []uintptr, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, s := range c.sockets {
		err := s.control("dup", func(fd int) error {
			held, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
			if err == nil {
				names, fds = append(names, name), append(fds, uintptr(held))
			}
			return err
		})
		if err != nil {
			return nil, fds, err
		}
	}
	return names, fds, nil
}
