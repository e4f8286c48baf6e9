package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// readAttributes keeps what is not content of an open file.
func (f *File) readAttributes(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return errors.ErrUnsupported
	}
	f.UID, f.GID, f.Mode = int(owner.Uid), int(owner.Gid), owner.Mode&0o7777
	fd := int(file.Fd())
	names, err := grow(func(buf []byte) (int, error) { return unix.Flistxattr(fd, buf) })
	if errors.Is(err, unix.ENOTSUP) {
		return nil // a file system without any
	}
	if err != nil {
		return fmt.Errorf("list the extended attributes of %s: %w", f.Path, err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		if name == "" {
			continue
		}
		value, err := grow(func(buf []byte) (int, error) { return unix.Fgetxattr(fd, name, buf) })
		if err != nil {
			return fmt.Errorf("read the extended attribute %s of %s: %w", name, f.Path, err)
		}
		if f.Xattrs == nil {
			f.Xattrs = make(map[string][]byte)
		}
		f.Xattrs[name] = value
	}
	return nil
}

// grow reads something that says ERANGE as long as the buffer is too small;
// the kernel bounds both lists and values at 64 KiB.
func grow(read func([]byte) (int, error)) ([]byte, error) {
	for size := 256; ; size *= 4 {
		buf := make([]byte, size)
		n, err := read(buf)
		if err == nil {
			return buf[:n], nil
		}
		if !errors.Is(err, unix.ERANGE) || size > 1<<16 {
			return nil, err
		}
	}
}

// dress gives a new file the owner, mode and attributes that the old one had,
// or the mode that such files have. A new file's owner is who runs linger.
func (f *File) dress(file *os.File) error {
	if f.Existed {
		if err := file.Chown(f.UID, f.GID); err != nil {
			return err
		}
	}
	// After the owner, as chown(2) clears set-ID bits.
	if err := unix.Fchmod(int(file.Fd()), f.Mode); err != nil {
		return &fs.PathError{Op: "chmod", Path: file.Name(), Err: err}
	}
	for name, value := range f.Xattrs {
		if err := unix.Fsetxattr(int(file.Fd()), name, value, 0); err != nil {
			return fmt.Errorf("set the extended attribute %s of %s: %w", name, f.Path, err)
		}
	}
	return nil
}
