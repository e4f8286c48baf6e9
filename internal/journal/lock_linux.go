package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	lockName = "lock"
	// lockPoll is how often a taken lock is tried again: a blocked call would
	// not see the end of its context.
	lockPoll = 20 * time.Millisecond
)

// lock takes the journal for this process until unlock is called, or the
// process ends, however it does. While another process holds it, lock waits for
// ctx, and then says who that is.
func lock(ctx context.Context, dir, who string) (unlock func(), err error) {
	if err := makeFolder(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the journal's folder: %w", err)
	}
	file, err := openLock(filepath.Join(dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("lock the journal: %w", err)
	}
	for {
		taken, err := take(file)
		if err != nil {
			_ = file.Close()
			return nil, fmt.Errorf("lock the journal: %w", err)
		}
		if taken {
			break
		}
		select {
		case <-ctx.Done():
			who := holder(file)
			_ = file.Close()
			return nil, refuse(Locked, "", "another linger is changing settings: %s", "另一个 linger 正在修改设置：%s", who)
		case <-time.After(lockPoll):
		}
	}
	// Only for the sentence above; the lock holds without it.
	if file.Truncate(0) == nil {
		_, _ = file.WriteAt([]byte(fmt.Sprintf("process %d, %s", os.Getpid(), who)), 0)
	}
	return func() { _ = file.Close() }, nil
}

// held returns who holds the journal now, if anybody does.
func held(dir string) (string, bool) {
	file, err := os.Open(filepath.Join(dir, lockName))
	if err != nil {
		return "", false
	}
	defer file.Close()
	return holder(file), taken(file)
}

// holder reads who wrote that it holds the lock.
func holder(file *os.File) string {
	text, err := io.ReadAll(io.NewSectionReader(file, 0, 200))
	if err != nil || len(text) == 0 {
		return "unknown process"
	}
	return strings.ToValidUTF8(string(text), "")
}

// watchName is the file that the guard of an entry keeps locked.
func watchName(dir string, id int) string { return filepath.Join(dir, fmt.Sprintf("%d.guard", id)) }

// watch marks this process as the guard of an entry until the file is closed.
// It returns nil if there is a guard already.
func watch(dir string, id int) (*os.File, error) {
	file, err := openLock(watchName(dir, id))
	if err != nil {
		return nil, err
	}
	if ok, err := take(file); !ok {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

// watched reports whether a living process guards the entry.
func watched(dir string, id int) bool {
	file, err := os.Open(watchName(dir, id))
	if err != nil {
		return false
	}
	defer file.Close()
	return taken(file)
}

func openLock(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
}

// take tries to lock the file until it is closed. It is an open file
// description lock (Linux 3.15): unlike that of flock(2), it can be asked about
// without being taken, so that no question makes a taker fail, and unlike that
// of POSIX, it is not lost when the program closes the file elsewhere.
func take(file *os.File) (bool, error) {
	err := unix.FcntlFlock(file.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK})
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
		return false, nil
	}
	return err == nil, err
}

// taken reports whether somebody has locked the file.
func taken(file *os.File) bool {
	l := unix.Flock_t{Type: unix.F_WRLCK}
	return unix.FcntlFlock(file.Fd(), unix.F_OFD_GETLK, &l) == nil && l.Type != unix.F_UNLCK
}
