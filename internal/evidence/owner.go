package evidence

// Owner is a process that holds sockets, as /proc and its cgroup describe it.
// Names and command lines come from strangers: they may hold any byte, and a
// view must escape them.
type Owner struct {
	PID        int       `json:"pid"`
	Start      uint64    `json:"start"` // clock ticks after boot; with PID it names the process for ever
	Name       string    `json:"name"`
	State      ProcState `json:"state"` // "X" if only an earlier look saw it, and it has ended since
	Parent     int       `json:"ppid"`
	ParentName string    `json:"parent_name,omitempty"`
	UID        uint32    `json:"uid"`
	Cmdline    []string  `json:"cmdline,omitempty"`
	Unit       string    `json:"unit,omitempty"`      // systemd unit
	Container  string    `json:"container,omitempty"` // container id
	Pod        string    `json:"pod,omitempty"`       // Kubernetes pod uid
}

// ProcState is the state letter of /proc/PID/stat.
type ProcState string

// Running reports whether the process can still close its sockets by itself.
func (s ProcState) Running() bool { return s == "R" || s == "S" || s == "I" }

// Means says in one clause what the state does to the process's sockets.
func (s ProcState) Means() string {
	switch s {
	case "R":
		return "running"
	case "S":
		return "sleeping: it waits for something, and can close its sockets"
	case "D":
		return "in uninterruptible sleep: it cannot close anything, nor be killed, until that ends"
	case "T":
		return "stopped by a signal: the kernel still accepts and acknowledges for it, but nobody closes"
	case "t":
		return "stopped by a debugger: the kernel still accepts and acknowledges for it, but nobody closes"
	case "Z":
		return "a zombie: it has exited and holds no descriptors"
	case "X", "x":
		return "dead: it holds no descriptors"
	case "I":
		return "an idle kernel thread"
	}
	return "in state " + string(s)
}
