package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// fileMax bounds what is kept of a drop-in; real ones have some hundred bytes.
const fileMax = 1 << 20

// File is a drop-in: what was there, and what Apply puts there.
type File struct {
	Path    string            `json:"path"`
	Existed bool              `json:"existed"`
	MadeDir bool              `json:"made_dir,omitempty"` // its folder was missing too
	Before  []byte            `json:"before,omitempty"`
	After   []byte            `json:"after"`
	Mode    uint32            `json:"mode"` // permission bits
	UID     int               `json:"uid"`
	GID     int               `json:"gid"`
	Xattrs  map[string][]byte `json:"xattrs,omitempty"` // SELinux labels and ACLs are such
}

// errNotPlain is of a path that is no regular file.
var errNotPlain = errors.New("not a regular file")

// look returns what is at path now; After is left empty.
func look(path string) (*File, error) {
	f := &File{Path: path, Mode: 0o644}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		dir := filepath.Dir(path)
		if _, err = os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			f.MadeDir = true
			_, err = os.Stat(filepath.Dir(dir))
		}
		return f, err
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errNotPlain
	case info.Size() > fileMax:
		return nil, fmt.Errorf("longer than %d bytes", fileMax)
	}
	// Not what a link may have become, nor a pipe, which would hold us up.
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	f.Existed = true
	if f.Before, err = io.ReadAll(io.LimitReader(file, fileMax+1)); err != nil {
		return nil, err
	}
	return f, f.readAttributes(file)
}

// side says what is there.
type side uint8

const (
	oldSide side = iota
	newSide
	otherSide // neither: somebody else's
	goneSide  // the setting does not exist any more
	halfSide  // a value of ours that could only be written in parts
)

// now compares what is there with what was and what Apply puts there.
func (f *File) now() (side, error) {
	there, err := look(f.Path)
	switch {
	case errors.Is(err, errNotPlain):
		return otherSide, nil
	case err != nil:
		return otherSide, err
	case there.Existed == f.Existed && bytes.Equal(there.Before, f.Before):
		return oldSide, nil
	case there.Existed && bytes.Equal(there.Before, f.After):
		return newSide, nil
	}
	return otherSide, nil
}

// advance puts the new content there.
func (f *File) advance() error {
	if f.MadeDir {
		if err := makeFolder(filepath.Dir(f.Path), 0o755); err != nil {
			return err
		}
	}
	return replace(f.Path, f.After, f.dress)
}

// restore puts back what was there, also if that is nothing. It may be called
// again if it was interrupted.
func (f *File) restore() error {
	if f.Existed {
		return replace(f.Path, f.Before, f.dress)
	}
	if err := errors.Join(removeIfThere(f.Path), removeIfThere(pendingName(f.Path))); err != nil {
		return err
	}
	dir := filepath.Dir(f.Path)
	if f.MadeDir {
		err := syscall.Rmdir(dir)
		switch {
		case err == nil, errors.Is(err, syscall.ENOENT):
			dir = filepath.Dir(dir)
		case errors.Is(err, syscall.ENOTEMPTY), errors.Is(err, syscall.EEXIST): // it has become somebody else's too
		default:
			return &fs.PathError{Op: "rmdir", Path: dir, Err: err}
		}
	}
	return syncFolder(dir)
}

// tidy removes what an interrupted advance left beside the file.
func (f *File) tidy() error {
	if !f.Existed {
		return f.restore()
	}
	return removeIfThere(pendingName(f.Path))
}
