package journal

import "errors"

// Space says which network namespace an entry is about.
type Space struct {
	Name   string `json:"name"` // for humans
	ID     uint64 `json:"id"`   // inode in nsfs; used again once the namespace is gone
	Cookie uint64 `json:"cookie,omitempty"`
	Host   bool   `json:"host,omitempty"` // that of process 1, for which files are read at boot
}

// is reports whether both are the same namespace, given that both were seen
// in the same boot. A cookie is never used twice; 0 is none, before Linux 5.14.
func (s Space) is(other Space) bool {
	return s.ID == other.ID && (s.Cookie == other.Cookie || s.Cookie == 0 || other.Cookie == 0)
}

// errGone says that a namespace does not exist any more.
var errGone = errors.New("the network namespace is gone")

// Tree is the settings of one network namespace. Keys are as in Change.
type Tree interface {
	// Space returns which namespace it is.
	Space() Space
	// Read returns what the kernel says, without the newline at the end. The
	// error wraps fs.ErrNotExist if there is no such setting.
	Read(key string) (string, error)
	// Write gives a value to the kernel, which may refuse or alter it.
	Write(key, value string) error
	// Close lets go of the namespace.
	Close() error
}
