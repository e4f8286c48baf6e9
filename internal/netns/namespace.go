// Package netns enters and names the network namespaces of this host.
//
// A namespace is held by a descriptor, not by a name or a PID: what was
// selected stays the same namespace however processes come and go, and it
// stays alive until Close. Only Linux has namespaces; elsewhere every call
// returns an error that says so.
package netns

import (
	"fmt"
	"os"
	"strings"
)

// Namespace is one network namespace, held open. Its methods may be used by
// several goroutines at once.
type Namespace struct {
	ID   uint64 // inode in nsfs: unique on this host while the namespace lives
	Name string // "host" for the one this program runs in, else a name under /run/netns, else "pid:N"

	file *os.File
}

// Close lets go of the namespace. Do then fails with os.ErrClosed; a Do that
// is already inside is not disturbed.
func (n *Namespace) Close() error {
	return n.file.Close()
}

// Error says why a namespace could not be selected or entered. What the
// kernel answered, if it was asked, is wrapped: errors.Is with fs.ErrNotExist
// or fs.ErrPermission tells the two common cases apart.
type Error struct {
	Selector string // what was asked for
	Problem  string // lower case, without a full stop
	Hint     string // what the user can do: one sentence
	Err      error  // may be nil
}

// Error returns one line without the hint.
func (e *Error) Error() string {
	text := fmt.Sprintf("network namespace %q: %s", e.Selector, e.Problem)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the kernel's answer.
func (e *Error) Unwrap() error { return e.Err }

// CheckName refuses what cannot be a name under /run/netns: an empty name,
// one that leads out of that directory, and one with a zero byte.
func CheckName(name string) error {
	if name != "" && name != "." && !strings.ContainsAny(name, "/\x00") && !strings.Contains(name, "..") {
		return nil
	}
	return &Error{
		Selector: name,
		Problem:  `a name may not be empty, be ".", nor hold "/" or ".."`,
		Hint:     "Give a name that `ip netns list` shows, a process id, or all.",
	}
}
