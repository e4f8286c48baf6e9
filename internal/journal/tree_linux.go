package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/netns"
)

// hostSpace is the namespace for which sysctl.d(5) is read.
const hostSpace = "/proc/1/ns/net"

// kernelTree is /proc/sys as it is seen inside a namespace: below net it shows
// that of the thread which opens a file.
type kernelTree struct {
	ns    *netns.Namespace
	space Space
	host  string // path of the namespace that counts as the host's
}

// Enter returns the settings of a namespace. The Tree owns ns from then on,
// also if there is an error.
func Enter(ns *netns.Namespace) (Tree, error) { return enter(ns, hostSpace) }

func enter(ns *netns.Namespace, host string) (Tree, error) {
	t := &kernelTree{ns: ns, space: Space{Name: ns.Name, ID: ns.ID}, host: host}
	var stat unix.Stat_t
	// Who may not look at process 1 may not write its settings either.
	t.space.Host = unix.Stat(host, &stat) == nil && stat.Ino == ns.ID
	err := ns.Do(func() error {
		var err error
		t.space.Cookie, err = cookie()
		return err
	})
	if err != nil {
		_ = ns.Close()
		return nil, err
	}
	return t, nil
}

// cookie returns that of the calling thread's namespace, or 0 before Linux 5.14.
func cookie() (uint64, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("tell the network namespace: %w", err)
	}
	defer unix.Close(fd)
	n, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
	if errors.Is(err, unix.ENOPROTOOPT) {
		return 0, nil
	}
	return n, err
}

// FindSpace returns the settings of a namespace that an entry of this boot is
// about; of an earlier boot it can only be the host's.
func FindSpace(want Space) (Tree, error) { return findSpace(want, hostSpace) }

func findSpace(want Space, host string) (Tree, error) {
	if want.Host {
		ns, err := netns.Open(host, want.Name)
		if err != nil {
			return nil, err
		}
		return enter(ns, host)
	}
	var hidden error
	for _, selector := range []string{want.Name, "", "all"} {
		spaces, unseen, err := netns.Select(selector)
		if err != nil && selector != want.Name {
			return nil, err
		}
		hidden = errors.Join(unseen...)
		var found Tree
		for _, ns := range spaces {
			if found != nil || ns.ID != want.ID {
				_ = ns.Close()
				continue
			}
			t, err := enter(ns, host)
			if err != nil {
				hidden = err
				continue
			}
			if !t.Space().is(want) {
				_ = t.Close()
				continue
			}
			found = t
		}
		if found != nil {
			return found, nil
		}
	}
	if hidden != nil { // it may be among those
		return nil, hidden
	}
	return nil, errGone
}

func (t *kernelTree) Space() Space { return t.space }

func (t *kernelTree) Close() error { return t.ns.Close() }

// Read reads with a single call. A list of ports is given out at offset 0
// only: a reader with a small buffer gets the beginning, then end of file, and
// never knows that the list went on (proc_do_large_bitmap, kernel/sysctl.c).
func (t *kernelTree) Read(key string) (value string, err error) {
	err = t.open(key, os.O_RDONLY, func(file *os.File, rel string) error {
		size := 4 << 10
		if rel == portList {
			size = listMax
		}
		buf := make([]byte, size)
		n, err := file.Read(buf)
		if err != nil && err != io.EOF {
			return err
		}
		if n == len(buf) {
			return fmt.Errorf("read %s: too long", key)
		}
		value = strings.TrimSuffix(string(buf[:n]), "\n")
		return nil
	})
	return value, err
}

func (t *kernelTree) Write(key, value string) error {
	return t.open(key, os.O_WRONLY, func(file *os.File, _ string) error {
		for _, text := range writes(key, value) {
			if _, err := file.WriteString(text); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *kernelTree) open(key string, flag int, use func(*os.File, string) error) error {
	rel, ok := pathOf(key)
	if !ok {
		return fmt.Errorf("%q is not a setting below net", key)
	}
	return t.ns.Do(func() error {
		file, err := os.OpenFile(filepath.Join("/proc/sys", rel), flag, 0)
		if err != nil {
			return err
		}
		err = use(file, rel)
		return errors.Join(err, file.Close())
	})
}
