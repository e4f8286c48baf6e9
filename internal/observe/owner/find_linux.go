package owner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/linger-dev/linger/internal/evidence"
	"golang.org/x/sys/unix"
)

// Find reads the descriptors of all processes under root ("/proc") once, and
// returns those that hold a socket of wanted, which is not changed. With
// nothing wanted it does nothing. It never stops at the first holder, as
// others may share the socket.
//
// A process that ends meanwhile is left out; one that is forked meanwhile may
// be missed. Missing permission is not an error but a gap. An error means
// that root could not be listed or ctx ended; what was found until then is
// returned with it. Find may be called concurrently.
//
// The cost is one readlinkat per descriptor on the host: "socket:[INODE]" is
// all that /proc/PID/fd tells of a socket (proc(5)).
func Find(ctx context.Context, root string, wanted map[uint64]struct{}) (Holders, error) {
	if len(wanted) == 0 {
		return Holders{}, nil
	}
	s, err := openScan(root, wanted)
	if err != nil {
		return Holders{}, fmt.Errorf("list processes: %w", err)
	}
	defer s.close()
	pids, err := s.numbers(s.proc)
	if err != nil {
		return Holders{}, fmt.Errorf("list processes: %w", err)
	}
	s.hidden = !slices.Contains(pids, 1)
	for _, pid := range pids {
		s.process(ctx, pid)
		if err = ctx.Err(); err != nil {
			err = fmt.Errorf("scan descriptors: %w", err)
			break
		}
	}
	s.outside = len(s.found.PIDs) < len(wanted) && nestedPIDs(root)
	s.found.Gaps = s.gaps(os.Geteuid() == 0)
	return s.found, err
}

// nestedPIDs reports whether the reader runs in another PID namespace than
// the first, whose inode is fixed (include/linux/proc_ns.h,
// PROC_PID_INIT_INO).
func nestedPIDs(root string) bool {
	link, err := os.Readlink(root + "/self/ns/pid")
	return err == nil && link != "pid:[4026531836]"
}

// scan is one pass over /proc. Its buffers are used again for every
// descriptor.
type scan struct {
	reader
	misses
	root    string
	proc    int // descriptor of root
	wanted  map[uint64]struct{}
	found   Holders
	matched []uint64 // wanted inodes in the process at hand, perhaps repeated
}

func openScan(root string, wanted map[uint64]struct{}) (*scan, error) {
	proc, err := openDir(unix.AT_FDCWD, root)
	if err != nil {
		return nil, err
	}
	return &scan{root: root, proc: proc, wanted: wanted, found: Holders{PIDs: make(map[uint64][]int)}}, nil
}

func (s *scan) close() { _ = unix.Close(s.proc) }

// process looks for wanted sockets in one process.
func (s *scan) process(ctx context.Context, pid int) {
	name := strconv.Itoa(pid)
	s.matched = s.matched[:0]
	dir := ".." // the directory of the process, relative to the descriptor at
	at, err := openDir(s.proc, name+"/fd")
	if isDenied(err) {
		if at, err = openDir(s.proc, name); err == nil {
			defer unix.Close(at)
			dir = "."
			err = s.refused(ctx, at)
		}
	} else if err == nil {
		defer unix.Close(at)
		err = s.allowed(ctx, at)
	}
	if err != nil && err != ctx.Err() { // Find returns the latter
		s.miss(err)
	}
	if len(s.matched) > 0 && !isGone(err) {
		s.hold(at, dir, pid)
	}
}

// allowed reads the descriptors of a process, given their directory.
func (s *scan) allowed(ctx context.Context, fds int) error {
	seen, err := s.descriptors(ctx, fds)
	if err != nil {
		return err
	}
	if seen {
		s.found.Scanned++
		return nil
	}
	var task unix.Stat_t
	if err := unix.Fstatat(fds, "../task", &task, 0); err != nil || task.Nlink == 3 {
		return nil // one thread: most often a kernel thread
	}
	if st, err := s.stat(fds, ".."); err != nil || !st.headless() {
		return nil
	}
	return s.otherThreads(ctx, fds, "..")
}

// refused deals with a process whose descriptors may not be read, given its
// directory. Kernel threads and zombies have none. One whose first thread has
// exited belongs to root in /proc, whoever runs it, but its threads do not.
func (s *scan) refused(ctx context.Context, proc int) error {
	st, err := s.stat(proc, ".")
	switch {
	case isGone(err) || err == nil && st.empty():
		return nil
	case err == nil && st.headless():
		return s.otherThreads(ctx, proc, ".")
	}
	return unix.EACCES
}

// descriptors adds the wanted sockets of a directory of descriptors to
// s.matched, and reports whether it has any entries.
func (s *scan) descriptors(ctx context.Context, dir int) (seen bool, err error) {
	for {
		batch, err := s.entries(dir)
		if err != nil || len(batch) == 0 {
			return seen, err
		}
		if err := ctx.Err(); err != nil {
			return seen, err
		}
		for name := range direntNames(batch) {
			if _, ok := parseNumber(name); !ok {
				continue
			}
			seen = true
			link, err := s.readlink(dir, name)
			if errors.Is(err, unix.ENOENT) { // closed since
				continue
			}
			if err != nil {
				return seen, err
			}
			inode, ok := parseSocket(link)
			if !ok {
				continue
			}
			if _, ok := s.wanted[inode]; ok {
				s.matched = append(s.matched, inode)
			}
		}
	}
}

// otherThreads reads the descriptors of a process whose first thread has
// exited before the others: the table that the first of those has.
func (s *scan) otherThreads(ctx context.Context, at int, dir string) error {
	tasks, err := openDir(at, dir+"/task")
	if err != nil {
		return err
	}
	defer unix.Close(tasks)
	tids, err := s.numbers(tasks)
	if err != nil {
		return err
	}
	var refused error
	for _, tid := range tids {
		fds, err := openDir(tasks, strconv.Itoa(tid)+"/fd")
		if err != nil {
			if !isGone(err) {
				refused = err
			}
			continue
		}
		seen, err := s.descriptors(ctx, fds)
		_ = unix.Close(fds)
		if isGone(err) { // this thread has ended as well
			continue
		}
		if seen && err == nil {
			s.found.Scanned++
		}
		if seen || err != nil {
			return err
		}
	}
	return refused
}

// hold records that a process holds s.matched, unless it has ended since. Its
// directory, dir relative to the descriptor at, leads to that same process
// also if another has got its PID by now.
func (s *scan) hold(at int, dir string, pid int) {
	o, err := s.describe(at, dir, s.root, pid)
	if errors.Is(err, ErrGone) {
		return
	}
	if err != nil {
		s.undescribed++
		o = evidence.Owner{PID: pid}
	}
	s.found.Owners = append(s.found.Owners, o)
	for _, inode := range s.matched {
		if pids := s.found.PIDs[inode]; len(pids) == 0 || pids[len(pids)-1] != pid {
			s.found.PIDs[inode] = append(pids, pid)
		}
	}
}

// miss counts a process whose descriptors could not all be read, unless that
// is because it has ended.
func (s *scan) miss(err error) {
	switch {
	case isGone(err):
	case isDenied(err):
		s.denied++
	default:
		if s.failed++; s.failure == nil {
			s.failure = err
		}
	}
}
