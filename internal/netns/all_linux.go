package netns

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// sweep gathers namespaces, each once.
type sweep struct {
	places
	seen   map[uint64]bool
	spaces []*Namespace
	unseen []error
	hidden int // processes whose namespace may not be looked at
}

func (p places) all() ([]*Namespace, []error, error) {
	own, err := p.own()
	if err != nil {
		return nil, nil, err
	}
	s := &sweep{places: p, seen: map[uint64]bool{own.ID: true}, spaces: []*Namespace{own}}
	for _, name := range p.names() {
		n, err := p.byName(name)
		s.take(n, err)
	}
	for _, pid := range s.pids() {
		s.process(pid)
	}
	if s.hidden > 0 {
		who := "1 process does not show which namespace it is in"
		if s.hidden > 1 {
			who = fmt.Sprintf("%d processes do not show which namespaces they are in", s.hidden)
		}
		s.unseen = append(s.unseen, &Error{
			Selector: "all", Err: fs.ErrPermission, Problem: who,
			Hint: "Run linger as root with CAP_SYS_PTRACE.",
		})
	}
	return s.spaces, s.unseen, nil
}

// take keeps a namespace that is new. One that is gone by now is no loss.
func (s *sweep) take(n *Namespace, err error) {
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		s.unseen = append(s.unseen, err)
	case s.seen[n.ID]:
		n.Close()
	default:
		s.seen[n.ID] = true
		s.spaces = append(s.spaces, n)
	}
}

// process looks at the namespace of a process. Reading the link is cheaper
// than opening it, and nearly all processes share a few namespaces.
func (s *sweep) process(pid int) {
	text, err := os.Readlink(filepath.Join(s.proc, strconv.Itoa(pid), "ns/net"))
	switch {
	case errors.Is(err, fs.ErrPermission):
		s.hidden++
		return
	case err != nil:
		return // it exited, or is a zombie, which is in no namespace any more
	}
	var id uint64
	if _, err := fmt.Sscanf(text, "net:[%d]", &id); err == nil && s.seen[id] {
		return
	}
	n, err := s.byPID(strconv.Itoa(pid), pid)
	if errors.Is(err, fs.ErrPermission) {
		s.hidden++
		return
	}
	s.take(n, err)
}

// pids lists the processes of /proc in ascending order.
func (s *sweep) pids() []int {
	dir, err := os.Open(s.proc)
	if err != nil {
		s.unseen = append(s.unseen, scanError(err))
		return nil
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		s.unseen = append(s.unseen, scanError(err))
	}
	var pids []int
	for _, name := range names {
		if pid, ok := parsePID(name); ok {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

func scanError(err error) error {
	return &Error{
		Selector: "all", Problem: "the processes cannot be listed", Err: cause(err),
		Hint: "Mount /proc: `mount -t proc proc /proc`.",
	}
}
