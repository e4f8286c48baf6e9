package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// pendingName is the name under which the next content of a file is written
// beside it. It is always the same, so that a crash leaves at most one behind,
// and it does not end in .conf, so that nothing reads it at boot.
func pendingName(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".linger-new")
}

// replace makes content the whole of the file, or leaves the file as it is,
// and returns only once that is on disk. dress sets the owner and the like
// before the file gets its name. Where an error comes from the last step, the
// new content may be there all the same.
func replace(path string, content []byte, dress func(*os.File) error) error {
	tmp := pendingName(path)
	if err := removeIfThere(tmp); err != nil {
		return err
	}
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = dress(f)
	}
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		_ = os.Remove(tmp) // the next writer removes it otherwise
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes names that were made, changed or removed in a folder last:
// fsync(2) of a file says nothing about its name.
func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// makeFolder makes the folder, with those above it, unless it is there.
func makeFolder(path string, mode os.FileMode) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(path)
	if parent != path {
		if err := makeFolder(parent, 0o755); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, mode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(parent)
}
