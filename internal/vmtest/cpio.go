package vmtest

import (
	"fmt"
	"io"
)

// cpioWriter writes an archive in the form that the kernel unpacks as its
// first file system: "newc" of
// Documentation/driver-api/early-userspace/buffer-format.rst.
type cpioWriter struct {
	out   io.Writer
	at    int64
	inode int
	err   error // the first; later writes do nothing
}

// The kinds of files, as in st_mode.
const (
	cpioFolder = 0o040000
	cpioFile   = 0o100000
	cpioDevice = 0o020000
)

// file adds a file that size bytes of body fill.
func (w *cpioWriter) file(name string, mode int, size int64, body io.Reader) {
	w.header(name, cpioFile|mode, size, 0, 0)
	if w.err != nil {
		return
	}
	n, err := io.Copy(w.out, io.LimitReader(body, size))
	if err == nil && n < size {
		err = io.ErrUnexpectedEOF
	}
	w.at += n
	w.err = err
	w.pad()
}

func (w *cpioWriter) folder(name string) { w.header(name, cpioFolder|0o755, 0, 0, 0) }

// device adds a character device: the kernel opens /dev/console before the
// first process can mount anything.
func (w *cpioWriter) device(name string, major, minor int) {
	w.header(name, cpioDevice|0o600, 0, major, minor)
}

// close ends the archive and returns the first error.
func (w *cpioWriter) close() error {
	w.header("TRAILER!!!", 0, 0, 0, 0)
	return w.err
}

func (w *cpioWriter) header(name string, mode int, size int64, major, minor int) {
	w.inode++
	links := 1
	if mode&cpioFolder != 0 && mode&cpioFile != cpioFile {
		links = 2
	}
	// magic, ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor,
	// rdevmajor, rdevminor, namesize, check
	w.write(fmt.Sprintf("070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\x00",
		w.inode, mode, 0, 0, links, 0, size, 0, 0, major, minor, len(name)+1, 0, name))
	w.pad()
}

// pad fills up to a multiple of four bytes, where the next header or body must
// begin.
func (w *cpioWriter) pad() { w.write("\x00\x00\x00"[:(4-w.at%4)%4]) }

func (w *cpioWriter) write(text string) {
	if w.err != nil {
		return
	}
	var n int
	n, w.err = io.WriteString(w.out, text)
	w.at += int64(n)
}
