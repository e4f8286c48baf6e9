package netns

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// open opens path and makes sure that it is a network namespace. ip netns
// leaves a plain file behind where it could not finish, and such a file, or a
// bind mount of something else, must not be taken for a namespace.
func open(path, selector, name string) (*Namespace, error) {
	// O_NONBLOCK: a FIFO of that name must not hold us up.
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, &Error{
			Selector: selector, Problem: "may not be looked at", Err: cause(err),
			Hint: "Run linger as root; the namespace of another user's process needs CAP_SYS_PTRACE.",
		}
	case err != nil:
		return nil, &Error{
			Selector: selector, Problem: "cannot be opened", Err: cause(err),
			Hint: "List the names with `ip netns list`; for a container, give the id of one of its processes.",
		}
	}
	var stat unix.Stat_t
	if !isNetns(file) || control(file, func(fd int) error { return unix.Fstat(fd, &stat) }) != nil {
		file.Close()
		return nil, &Error{
			Selector: selector, Problem: "is not a network namespace (any more)", Err: unix.EINVAL,
			Hint: "A name whose namespace is gone is removed with `ip netns delete NAME`.",
		}
	}
	return &Namespace{ID: stat.Ino, Name: name, file: file}, nil
}

// isNetns asks the kernel what kind of namespace the file is: NS_GET_NSTYPE,
// ioctl_ns(2), since Linux 4.11. Before, being in nsfs must do (3.19).
func isNetns(file *os.File) bool {
	return control(file, func(fd int) error {
		var fsys unix.Statfs_t
		if err := unix.Fstatfs(fd, &fsys); err != nil {
			return err
		}
		if fsys.Type != unix.NSFS_MAGIC {
			return unix.EINVAL
		}
		kind, err := unix.IoctlRetInt(fd, unix.NS_GET_NSTYPE)
		if err == nil && kind != unix.CLONE_NEWNET {
			return unix.EINVAL
		}
		return nil
	}) == nil
}

// cause strips what os wraps around an errno: the path means nothing to the user.
func cause(err error) error {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}

// control runs fn on the descriptor, which stays open meanwhile. It returns
// os.ErrClosed after Close.
func control(file *os.File, fn func(fd int) error) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return os.ErrClosed
	}
	var inner error
	if raw.Control(func(fd uintptr) { inner = fn(int(fd)) }) != nil {
		return os.ErrClosed // the only reason not to call it
	}
	return inner
}
