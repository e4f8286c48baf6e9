package lint

import (
	"cmp"
	"strconv"
)

// Place is a line of a file. The zero Place is the running kernel.
type Place struct {
	File string `json:"file,omitempty"` // as it was named, not cleaned; from outside
	Line int    `json:"line,omitempty"` // from 1
}

// String returns "file:line", or "" for the running kernel.
func (p Place) String() string {
	if p.File == "" {
		return ""
	}
	return p.File + ":" + strconv.Itoa(p.Line)
}

func (p Place) compare(q Place) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line))
}

// By is the means by which a setting is made.
type By string

// The means.
const (
	ByConf       By = "sysctl.conf"    // a line of a file that sysctl reads
	ByCommand    By = "sysctl"         // sysctl -w in a script
	ByProc       By = "proc"           // a write below /proc/sys in a script
	ByAppend     By = "append"         // a script that writes such a line into a file of sysctl
	ByRun        By = "container-run"  // docker run --sysctl, and podman alike
	ByCompose    By = "compose"        // sysctls: of a service
	ByKubernetes By = "kubernetes"     // securityContext.sysctls
	ByAnsible    By = "ansible"        // a task of ansible's sysctl module
	ByKernel     By = "running-kernel" // nobody knows: the kernel has the value now
)

// contained reports whether the setting is made for a network namespace that
// a container runtime builds.
func (b By) contained() bool { return b == ByRun || b == ByCompose || b == ByKubernetes }

// Assignment is one place that sets a key. Everything in it comes from
// outside: views escape.
type Assignment struct {
	Place
	Key   string // dotted, see Canonical; may be a glob pattern
	Value string // blanks around it and quotes of its format are gone
	By    By

	// Scope names what the assignment is for within its file, such as "service
	// web"; only assignments of one scope override each other.
	Scope string
	// Exclude is a line "-key" without a value: it sets nothing, and keeps glob
	// patterns off the key.
	Exclude bool
	// Tolerant is a key with "-" before it: a failure to set it is no failure.
	Tolerant bool
	// Open means that Value is known only when the script runs ($VALUE).
	Open bool
	// Build means that it happens while an image is built, not where the image runs.
	Build bool
	// HostNetwork means that the container shares the host's network namespace.
	HostNetwork bool
	// Comment is the comment on the line or directly above it, if any.
	Comment string
}

// Problem is something in a text that could not be understood.
type Problem struct {
	Place
	What Message `json:"what"`
	// Fatal means that the text, or the rest of it, could not be read at all.
	Fatal bool `json:"fatal"`
}
