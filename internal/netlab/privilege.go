package netlab

// PrivilegeError says that the kernel does not let this process make
// namespaces. Hint is a sentence for the user on what to change.
type PrivilegeError struct {
	Op   string // what was refused, such as "make a user namespace"
	Err  error  // what the kernel said; never nil
	Hint string
}

// Error returns what was refused and why, without the hint.
func (e *PrivilegeError) Error() string { return e.Op + ": " + e.Err.Error() }

// Unwrap returns what the kernel said.
func (e *PrivilegeError) Unwrap() error { return e.Err }
