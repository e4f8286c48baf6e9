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
	dir := strconv.Itoa(pid)
	fds, err := openDir(s.proc, dir+"/fd")
	if err != nil {
		s.miss(err, dir)
		return
	}
	defer unix.Close(fds)
	s.matched = s.matched[:0]
	seen, err := s.descriptors(ctx, fds)
	if !seen && err == nil {
		seen, err = s.otherThreads(ctx, fds)
	}
	switch {
	case isGone(err):
		return
	case err != nil && err == ctx.Err(): // Find says so
	case err != nil:
		s.miss(err, dir)
	case seen:
		s.found.Scanned++
	}
	if len(s.matched) > 0 {
		s.hold(fds, pid)
	}
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

// otherThreads does the work of descriptors for a process whose first thread
// has exited before the others, given its empty directory of descriptors.
func (s *scan) otherThreads(ctx context.Context, fds int) (seen bool, err error) {
	var task unix.Stat_t
	if err := unix.Fstatat(fds, "../task", &task, 0); err != nil || task.Nlink == 3 {
		return false, ignoreMissing(err) // one thread: most often a kernel thread
	}
	st, err := s.stat(fds, "..")
	if err != nil || st.state != "Z" || st.empty() {
		return false, ignoreMissing(err)
	}
	tasks, err := openDir(fds, "../task")
	if err != nil {
		return false, err
	}
	defer unix.Close(tasks)
	tids, err := s.numbers(tasks)
	for _, tid := range tids {
		dir, err := openDir(tasks, strconv.Itoa(tid)+"/fd")
		if err != nil {
			continue
		}
		seen, err = s.descriptors(ctx, dir)
		_ = unix.Close(dir)
		if seen {
			return seen, err
		}
	}
	return false, err
}

// hold records that a process holds s.matched, unless it has ended since. Its
// directory of descriptors, fds, leads to the rest of that same process also
// if another has got its PID by now.
func (s *scan) hold(fds, pid int) {
	o, err := s.describe(fds, "..", s.root, pid)
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

// miss counts a process whose descriptors could not be read, if it has any:
// without privilege those of kernel threads and zombies are refused as well.
func (s *scan) miss(err error, dir string) {
	switch {
	case isGone(err):
	case isDenied(err):
		if st, err := s.stat(s.proc, dir); isGone(err) || err == nil && st.empty() {
			return
		}
		s.denied++
	default:
		if s.failed++; s.failure == nil {
			s.failure = err
		}
	}
}
