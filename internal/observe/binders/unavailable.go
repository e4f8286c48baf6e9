package binders

import "github.com/linger-dev/linger/internal/evidence"

// UnavailableError says that this kernel, or the rights of this process, do
// not allow to read the options of other sockets.
type UnavailableError struct {
	Why  string // one clause
	Hint string // a command that would help; "" if none would
	Err  error  // what the kernel said; nil if it was not asked
}

// Error returns the reason, then what the kernel said.
func (e *UnavailableError) Error() string {
	text := "read options of sockets: " + e.Why
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns what the kernel said.
func (e *UnavailableError) Unwrap() error { return e.Err }

// Gap returns the reason and what the user loses.
func (e *UnavailableError) Gap() evidence.Gap {
	return evidence.Gap{
		What:  "SO_REUSEADDR and SO_REUSEPORT of other sockets cannot be read: " + e.Why,
		Loses: "where the answer depends on them, both cases are told",
		Hint:  e.Hint,
	}
}
