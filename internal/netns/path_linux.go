package netns

// Open holds the namespace that a path such as /proc/PID/ns/net leads to,
// under a name of the caller's choice. The caller closes it. Errors are of
// type *Error.
func Open(path, name string) (*Namespace, error) { return open(path, path, name) }
