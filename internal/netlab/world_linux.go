package netlab

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"
)

// World is a set of private hosts (network namespaces) joined by links. It is
// safe for concurrent use.
type World struct {
	// mu guards all fields. It is never held while a process is waited for or
	// a caller's function runs.
	mu     sync.Mutex
	hosts  map[string]*Host
	procs  map[*Process]struct{}
	closed bool
	// nursery is the namespace that hosts are made from; nil: the caller's. It
	// is set before the World is shared, as small is.
	nursery *os.File
	small   bool // made by NewSmall
}

// Host is one network namespace of a World. It is safe for concurrent use; its
// methods fail with os.ErrClosed after World.Close.
type Host struct {
	world *World
	name  string
	id    uint64
	ns    *os.File // closed under world.mu
	links int      // number of veth ends so far; guarded by world.mu
}

// New returns an empty World. Where this process may not make namespaces the
// error is a *PrivilegeError.
func New() (*World, error) {
	if err := Allowed(); err != nil {
		return nil, err
	}
	return &World{hosts: map[string]*Host{}, procs: map[*Process]struct{}{}}, nil
}

// NewSmall returns an empty World whose hosts each have a hash table of their
// own with so many buckets, so that a walk over all sockets of a host costs
// microseconds instead of a walk over the machine's table. Kernels before 6.1
// have no such tables (net.ipv4.tcp_child_ehash_entries): hosts then share the
// machine's, as with New. A host's tcp_max_tw_buckets would follow the size of
// the table; it is set to what that of a machine with 8 GiB would give.
func NewSmall(buckets int) (*World, error) {
	w, err := New()
	if err != nil {
		return nil, err
	}
	w.small = true
	if w.nursery, _, err = newNamespace(nil); err != nil {
		return nil, err
	}
	err = excursion(func() error { return enter(w.nursery) }, func() error {
		return os.WriteFile("/proc/sys/net/ipv4/tcp_child_ehash_entries", []byte(strconv.Itoa(buckets)), 0)
	})
	if err != nil {
		_ = w.nursery.Close()
		w.nursery = nil
	}
	return w, nil
}

// quota is the smallest tcp_max_tw_buckets of a host with a hash table of its
// own: half of the buckets that a machine with 8 GiB has (tcp_init).
const quota = 131072

// raiseQuota undoes what a small hash table does to the calling thread's
// namespace.
func raiseQuota() error {
	const path = "/proc/sys/net/ipv4/tcp_max_tw_buckets"
	if err := os.WriteFile(path, []byte(strconv.Itoa(quota)), 0); err != nil {
		return fmt.Errorf("set the quota of TIME_WAIT sockets: %w", err)
	}
	return nil
}

// Host makes a host with its loopback interface up. The name is only for
// people and must be new to the World.
func (w *World) Host(name string) (*Host, error) {
	h, err := w.addHost(name)
	if err != nil {
		return nil, fmt.Errorf("make host %s: %w", name, err)
	}
	err = h.Do(func() error {
		if w.small {
			if err := raiseQuota(); err != nil {
				return err
			}
		}
		return setUp("lo")
	})
	if err != nil {
		return nil, fmt.Errorf("make host %s: %w", name, err)
	}
	return h, nil
}

func (w *World) addHost(name string) (*Host, error) {
	ns, id, err := newNamespace(w.nursery)
	if err != nil {
		return nil, err
	}
	h := &Host{world: w, name: name, id: id, ns: ns}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		err = os.ErrClosed
	case w.hosts[name] != nil:
		err = os.ErrExist
	default:
		w.hosts[name] = h
		return h, nil
	}
	_ = ns.Close()
	return nil, err
}

// newNamespace returns a descriptor of a new namespace and its nsfs inode. It
// is made from parent, or from the caller's if that is nil.
func newNamespace(parent *os.File) (*os.File, uint64, error) {
	var ns *os.File
	var stat unix.Stat_t
	unshare := func() error {
		if parent != nil {
			if err := enter(parent); err != nil {
				return err
			}
		}
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return refused("make a network namespace", err)
		}
		return nil
	}
	err := excursion(unshare, func() (err error) {
		if ns, err = os.Open(threadNS); err != nil {
			return err
		}
		return unix.Fstat(int(ns.Fd()), &stat)
	})
	if err != nil && ns != nil {
		_ = ns.Close()
	}
	return ns, stat.Ino, err
}

// Close kills the processes of all hosts, waits for them and lets go of the
// namespaces. The kernel destroys a namespace, with its TIME_WAIT sockets, as
// soon as no socket, thread or descriptor refers to it; that takes it a moment
// longer. A second Close does nothing.
func (w *World) Close() error {
	w.mu.Lock()
	again := w.closed
	w.closed = true
	procs, hosts := w.procs, w.hosts
	w.procs, w.hosts = nil, nil
	w.mu.Unlock()

	for p := range procs {
		p.Kill()
	}
	for p := range procs {
		<-p.Done()
	}

	w.mu.Lock()
	defer w.mu.Unlock()
	var errs []error
	for _, h := range hosts {
		errs = append(errs, h.ns.Close())
	}
	if w.nursery != nil && !again {
		errs = append(errs, w.nursery.Close())
	}
	return errors.Join(errs...)
}

// Name returns the name given to World.Host.
func (h *Host) Name() string { return h.name }

// ID returns the inode of the namespace in nsfs, as in the link
// /proc/PID/ns/net.
func (h *Host) ID() uint64 { return h.id }

// Path returns a path through which this process, and others that may look
// into its /proc/PID/fd, can open the namespace. It is valid until
// World.Close; after that it may name another file.
func (h *Host) Path() string {
	return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), h.ns.Fd())
}

// Do runs fn on a thread inside the namespace and returns its error. Sockets
// that fn makes stay in the namespace and can be used from everywhere; they
// also keep it alive, so close them. Goroutines that fn starts are outside.
// fn must return, not call runtime.Goexit (t.FailNow does).
func (h *Host) Do(fn func() error) error {
	ns, err := h.hold()
	if err != nil {
		return err
	}
	defer func() { _ = ns.Close() }()
	return excursion(func() error { return enter(ns) }, fn)
}

// hold returns a descriptor of the namespace that World.Close does not close.
func (h *Host) hold() (*os.File, error) {
	h.world.mu.Lock()
	defer h.world.mu.Unlock()
	if h.world.closed {
		return nil, fmt.Errorf("host %s: %w", h.name, os.ErrClosed)
	}
	fd, err := unix.FcntlInt(h.ns.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("host %s: %w", h.name, err)
	}
	return os.NewFile(uintptr(fd), h.name), nil
}
