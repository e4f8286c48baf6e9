package owner

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/linger-dev/linger/internal/evidence"
	"golang.org/x/sys/unix"
)

// Describe reads who the process pid under root ("/proc") is. UID is its
// effective user, State the letter of its first thread, and the command line
// is cut after 4 KiB, with "…" as a further element. What may not be read is
// left empty; only the file stat must be readable.
//
// The command line of a process in state D is not read: that takes a lock on
// the process's memory (mmap_lock), which one that is stuck may hold for
// good, and the reader would be stuck with it.
//
// An error that wraps ErrGone says that the process has ended. Describe may
// be called concurrently.
func Describe(root string, pid int) (evidence.Owner, error) {
	dir, err := openDir(unix.AT_FDCWD, root+"/"+strconv.Itoa(pid))
	if err != nil {
		return evidence.Owner{}, fmt.Errorf("describe process %d: %w", pid, goneError(err))
	}
	defer unix.Close(dir)
	var r reader
	return r.describe(dir, ".", root, pid)
}

// describe does the work of Describe. The process is the one that dir,
// relative to the descriptor at, leads to.
func (r *reader) describe(at int, dir, root string, pid int) (evidence.Owner, error) {
	o, err := r.identify(at, dir, pid)
	if err != nil {
		return evidence.Owner{}, fmt.Errorf("describe process %d: %w", pid, goneError(err))
	}
	if o.Parent > 0 {
		if parent, err := r.stat(unix.AT_FDCWD, root+"/"+strconv.Itoa(o.Parent)); err == nil {
			o.ParentName = parent.name
		}
	}
	return o, nil
}

// identify reads all but the parent. The file stat is read before and after
// the others, so that they are known to be of one process, and the state is
// the latest.
func (r *reader) identify(at int, dir string, pid int) (evidence.Owner, error) {
	before, err := r.stat(at, dir)
	if err != nil {
		return evidence.Owner{}, err
	}
	o := evidence.Owner{PID: pid}
	if o.UID, err = r.uid(at, dir); err != nil {
		return o, err
	}
	if before.state != "D" {
		if data, err := r.readFile(at, dir+"/cmdline", maxCmdline+1); err == nil {
			o.Cmdline = splitCmdline(data)
		}
	}
	if data, err := r.readFile(at, dir+"/cgroup", len(r.file)); err == nil {
		o.Unit, o.Container, o.Pod = Cgroup(string(data))
	}
	after, err := r.stat(at, dir)
	if err != nil {
		return o, err
	}
	if after.start != before.start || after.exited() && !before.exited() {
		return o, ErrGone
	}
	o.Start, o.Name, o.State, o.Parent = after.start, after.name, evidence.ProcState(after.state), after.parent
	return o, nil
}

// uid returns the effective user of a process. Where its status does not say
// so, the owner of its directory stands in, never a zero, which means root.
func (r *reader) uid(at int, dir string) (uint32, error) {
	if data, err := r.readFile(at, dir+"/status", len(r.file)); err == nil {
		if uid, err := parseUID(data); err == nil {
			return uid, nil
		}
	}
	var st unix.Stat_t
	err := unix.Fstatat(at, dir, &st, 0)
	return st.Uid, err
}

// goneError turns what the kernel says of a process that has ended to ErrGone.
func goneError(err error) error {
	if isGone(err) && !errors.Is(err, ErrGone) {
		return ErrGone
	}
	return err
}
