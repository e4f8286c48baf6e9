package evidence

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Create starts a recording in a file. Until Close has written and synced
// the last line it grows under path + ".partial" (or ".partial.2" and so on,
// if a recorder that was killed has left that), so that what stands under
// path is always a whole recording, the previous one or this one. What a
// killed recorder left can be read up to the CutError. An existing pipe or
// device at path is written to directly.
//
// The file is readable by its owner only: command lines can hold secrets.
func Create(path, madeBy string) (*Writer, error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		if info.IsDir() {
			return nil, fmt.Errorf("create recording: %s is a directory", path)
		}
		return createDirect(path, madeBy)
	}
	file, err := createPartial(path)
	if err != nil {
		return nil, fmt.Errorf("create recording: %w", err)
	}
	w, err := NewWriter(file, madeBy)
	if err != nil {
		_ = file.Close()
		_ = os.Remove(file.Name()) // holds at most a header
		return nil, err
	}
	w.finish = func(failed error) error { return publish(file, path, failed) }
	return w, nil
}

// createDirect opens what is no regular file.
func createDirect(path, madeBy string) (*Writer, error) {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("create recording: %w", err)
	}
	w, err := NewWriter(file, madeBy)
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	w.finish = func(failed error) error { return errors.Join(failed, file.Close()) }
	return w, nil
}

// createPartial makes the first free name of path.partial, path.partial.2, ...
func createPartial(path string) (*os.File, error) {
	const most = 1000
	var err error
	for i := 1; i <= most; i++ {
		name := path + ".partial"
		if i > 1 {
			name = fmt.Sprintf("%s.%d", name, i)
		}
		var file *os.File
		file, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil || !errors.Is(err, fs.ErrExist) {
			return file, err
		}
	}
	return nil, err
}

// publish gives a whole recording its final name; one that failed keeps the
// partial name, which the error tells.
func publish(file *os.File, path string, failed error) error {
	err := failed
	if err == nil {
		err = file.Sync()
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("save recording: %w; what was written is in %s", err, file.Name())
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a rename in dir survive a loss of power. File systems that
// cannot sync a directory report EINVAL, which loses nothing else.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil // it may be written but not read: the rename is done all the same
	}
	_ = d.Sync()
	return d.Close()
}
