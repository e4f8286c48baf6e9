package owner

import (
	"bytes"
	"encoding/binary"
	"errors"
	"iter"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// reader reads directories, links and small files into buffers of its own:
// what its methods return is valid until the next call of the same method.
type reader struct {
	dirents [32 << 10]byte
	link    [64]byte       // longer than any "socket:[INODE]"
	file    [32 << 10]byte // longer than any file read here but command lines, which are cut
}

// openDir opens a directory relative to another. In /proc the descriptor
// stays with its process: once that has ended, everything below it fails with
// ESRCH or ENOENT, even if the PID was given to another process.
func openDir(at int, name string) (int, error) {
	return retry(func() (int, error) {
		return unix.Openat(at, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	})
}

// retry repeats a call that a signal interrupted.
func retry(call func() (int, error)) (int, error) {
	for {
		if n, err := call(); err != unix.EINTR {
			return n, err
		}
	}
}

// isGone reports whether err says that the process has ended.
func isGone(err error) bool { return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH) }

func isDenied(err error) bool { return errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) }

// entries returns the next batch of directory entries in the kernel's form,
// empty at the end.
func (r *reader) entries(dir int) ([]byte, error) {
	n, err := retry(func() (int, error) { return unix.Getdents(dir, r.dirents[:]) })
	if err != nil {
		return nil, err
	}
	return r.dirents[:n], nil
}

// direntNames returns the names in a batch of struct linux_dirent64
// (getdents(2)), each with a NUL after it in the same array.
func direntNames(batch []byte) iter.Seq[[]byte] {
	const length, name = 16, 19 // offsets of d_reclen and d_name
	return func(yield func([]byte) bool) {
		for len(batch) > name {
			n := int(binary.NativeEndian.Uint16(batch[length:]))
			if n <= name || n > len(batch) {
				return
			}
			end := bytes.IndexByte(batch[name:n], 0)
			if end < 0 || !yield(batch[name:name+end:name+end+1]) {
				return
			}
			batch = batch[n:]
		}
	}
}

// numbers returns the names in a directory that are numbers, ascending.
func (r *reader) numbers(dir int) ([]int, error) {
	var all []int
	for {
		batch, err := r.entries(dir)
		if err != nil {
			return nil, err
		}
		if len(batch) == 0 {
			slices.Sort(all)
			return all, nil
		}
		for name := range direntNames(batch) {
			if n, ok := parseNumber(name); ok {
				all = append(all, int(n))
			}
		}
	}
}

// readlink returns the start of a link's text. The name must be from
// direntNames: it is handed to the kernel as it lies there, as a string would
// cost an allocation for each descriptor on the host.
func (r *reader) readlink(dir int, name []byte) ([]byte, error) {
	for {
		n, _, errno := unix.Syscall6(unix.SYS_READLINKAT, uintptr(dir), uintptr(unsafe.Pointer(&name[0])),
			uintptr(unsafe.Pointer(&r.link[0])), uintptr(len(r.link)), 0, 0)
		switch errno {
		case 0:
			return r.link[:n], nil
		case unix.EINTR:
		default:
			return nil, errno
		}
	}
}

// readFile returns a file from its start, cut to the reader's buffer and to
// limit bytes.
func (r *reader) readFile(at int, name string, limit int) ([]byte, error) {
	fd, err := retry(func() (int, error) { return unix.Openat(at, name, unix.O_RDONLY|unix.O_CLOEXEC, 0) })
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	buf := r.file[:min(limit, len(r.file))]
	got := 0
	for got < len(buf) {
		n, err := retry(func() (int, error) { return unix.Read(fd, buf[got:]) })
		if err != nil {
			return nil, err
		}
		if n == 0 {
			break
		}
		got += n
	}
	return buf[:got], nil
}

// stat reads the file stat of a process, whose directory is named relative to
// at.
func (r *reader) stat(at int, dir string) (stat, error) {
	data, err := r.readFile(at, dir+"/stat", len(r.file))
	if err != nil {
		return stat{}, err
	}
	return parseStat(data)
}
