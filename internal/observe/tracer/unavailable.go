package tracer

import "github.com/linger-dev/linger/internal/evidence"

// UnavailableError says that this kernel, or the rights of this process, do
// not allow tracing. Everything else goes on without.
type UnavailableError struct {
	Why  string // one clause, such as "no right to load BPF programs"
	Hint string // a command that would help; "" if none would
	Err  error  // what the kernel said; nil if it was not asked
}

const loses = "who closed a connection is inferred from live sockets, not observed"

// Error returns the reason, then what the kernel said.
func (e *UnavailableError) Error() string {
	text := "trace connections: " + e.Why
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns what the kernel said.
func (e *UnavailableError) Unwrap() error { return e.Err }

// Gap returns the reason and what the user loses, without the kernel's words.
func (e *UnavailableError) Gap() evidence.Gap {
	return evidence.Gap{What: "connections are not traced: " + e.Why, Loses: loses, Hint: e.Hint}
}
