package lint

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// linksMost is how many links a name may lead through, as in Linux (ELOOP).
const linksMost = 40

// errLoop is a name that leads through too many links.
var errLoop = errors.New("too many levels of symbolic links")

// resolve returns the name of a file after all links, each read as on the
// system whose root is fsys. The error is fs.ErrNotExist where there is nothing
// at the end; the name is then how far it got.
func resolve(fsys fs.FS, name string) (string, error) {
	done, rest := ".", name
	for links := 0; rest != ""; {
		var part string
		part, rest, _ = strings.Cut(rest, "/")
		next := path.Join(done, part)
		if strings.HasPrefix(next, "..") { // the parent of the root is the root
			next = "."
		}
		target, err := fs.ReadLink(fsys, next)
		if err != nil {
			done = next // not a link, or no file at all: seen below
			continue
		}
		if links++; links > linksMost {
			return done, errLoop
		}
		if path.IsAbs(target) {
			done, target = ".", strings.TrimLeft(target, "/")
		}
		rest = strings.Trim(target+"/"+rest, "/")
	}
	_, err := fs.Lstat(fsys, done)
	return done, err
}

// fileMost is the largest file that is read, in bytes.
const fileMost = 8 << 20

// ErrTooLarge is a file beyond what a file of settings can reasonably be.
var ErrTooLarge = fmt.Errorf("larger than %d MiB", fileMost>>20)

// ErrNoFile is something that is neither a file nor a link to one.
var ErrNoFile = errors.New("not a regular file")

// ReadFile reads a regular file of fsys, following links as resolve does. A
// pipe or device is refused, for reading it might never end.
func ReadFile(fsys fs.FS, name string) ([]byte, error) {
	real, err := resolve(fsys, name)
	if err != nil {
		return nil, err
	}
	info, err := fs.Lstat(fsys, real)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, ErrNoFile
	}
	f, err := fsys.Open(real)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadText(f)
}

// ReadText reads all of r, or returns ErrTooLarge.
func ReadText(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, fileMost+1))
	if err == nil && len(data) > fileMost {
		return nil, ErrTooLarge
	}
	return data, err
}
