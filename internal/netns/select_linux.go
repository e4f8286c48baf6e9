package netns

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Select opens the namespaces that selector names, in the order own, named
// by name, others by lowest PID:
//
//	""      the one this program runs in; "host" too, unless a namespace has that name
//	PID     that of a process; "pid:N" is the same
//	NAME    the one that `ip netns` knows by this name
//	"all"   the own, all named ones, and each that a process of /proc is in
//
// A selector of digits is a PID; only if there is no such process is it tried
// as a name. A namespace is returned once, by its best name, however it was
// found; the threads of a process are taken to share its namespace. For
// "all", unseen says what could not be opened, each as an *Error, and the
// rest is returned all the same. The own namespace is that of the program's
// ordinary threads, whatever namespace the caller has locked its thread into.
//
// The caller closes every namespace returned. Errors are of type *Error.
func Select(selector string) (spaces []*Namespace, unseen []error, err error) {
	return standard().choose(selector)
}

// places is where namespaces are looked for; tests have their own.
type places struct {
	proc string
	run  []string
}

func standard() places {
	return places{proc: "/proc", run: []string{"/run/netns", "/var/run/netns"}}
}

func (p places) choose(selector string) ([]*Namespace, []error, error) {
	if selector == "all" {
		return p.all()
	}
	own, err := p.own()
	if err != nil {
		return nil, nil, err
	}
	n := own
	if selector != "" {
		n, err = p.find(selector, own)
	}
	if err != nil {
		own.Close()
		return nil, nil, err
	}
	switch {
	case n == own:
	case n.ID == own.ID:
		n.Close()
		n = own
	default:
		own.Close()
	}
	return []*Namespace{n}, nil, nil
}

// find resolves a selector that is neither empty nor "all".
func (p places) find(selector string, own *Namespace) (*Namespace, error) {
	if err := CheckName(selector); err != nil {
		return nil, err
	}
	digits, explicit := strings.CutPrefix(selector, "pid:")
	pid, isPID := parsePID(digits)
	if isPID {
		n, err := p.byPID(selector, pid)
		if err == nil {
			n.Name = p.bestName(n)
			return n, nil
		}
		if explicit || !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	n, err := p.byName(selector)
	switch {
	case err == nil:
		return n, nil
	case selector == "host" && errors.Is(err, fs.ErrNotExist):
		return own, nil
	case isPID && errors.Is(err, fs.ErrNotExist):
		return nil, &Error{
			Selector: selector, Problem: "there is neither a process nor a named namespace of that number",
			Hint: "List the names with `ip netns list`, and processes with `ps -e`.", Err: fs.ErrNotExist,
		}
	}
	return nil, err
}

// own opens the namespace of the program's ordinary threads. It looks from a
// goroutine of its own, as the caller's thread may be locked into another
// namespace, and at thread-self, as /proc/self is the first thread, which
// need not be an ordinary one for ever.
func (p places) own() (n *Namespace, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		n, err = open(filepath.Join(p.proc, "thread-self/ns/net"), "", "host")
	}()
	<-done
	if err != nil {
		return nil, &Error{
			Problem: "the own one cannot be told", Err: cause(err),
			Hint: "Mount /proc: `mount -t proc proc /proc`.",
		}
	}
	return n, nil
}

func (p places) byPID(selector string, pid int) (*Namespace, error) {
	n, err := open(filepath.Join(p.proc, strconv.Itoa(pid), "ns/net"), selector, "pid:"+strconv.Itoa(pid))
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ESRCH):
		return nil, &Error{
			Selector: selector, Problem: "no such process, or it has exited", Err: fs.ErrNotExist,
			Hint: "Give the id of a running process as `ps -e` shows it, or a name from `ip netns list`.",
		}
	}
	return nil, err
}

func (p places) byName(name string) (*Namespace, error) {
	for _, dir := range p.run {
		n, err := open(filepath.Join(dir, name), name, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		return n, err
	}
	return nil, &Error{
		Selector: name, Problem: "no such name under /run/netns", Err: fs.ErrNotExist,
		Hint: "List the names with `ip netns list`; for a container, give the id of one of its processes.",
	}
}

// bestName returns the name under which n is known, or the one it has.
func (p places) bestName(n *Namespace) string {
	for _, name := range p.names() {
		if named, err := p.byName(name); err == nil {
			id := named.ID
			named.Close()
			if id == n.ID {
				return name
			}
		}
	}
	return n.Name
}

// names lists the names that ip netns knows, sorted, each once.
func (p places) names() []string {
	var names []string
	for _, dir := range p.run {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// parsePID reads a PID in the one form the kernel writes it.
func parsePID(s string) (int, bool) {
	pid, err := strconv.ParseInt(s, 10, 32)
	return int(pid), err == nil && pid > 0 && strconv.FormatInt(pid, 10) == s
}
