package owner

import (
	"errors"
	"fmt"

	"github.com/linger-dev/linger/internal/evidence"
)

// ErrGone is what Describe returns, wrapped, for a process that has ended.
var ErrGone = errors.New("the process has ended")

// Holders tells which processes hold the wanted sockets.
type Holders struct {
	// PIDs names every process that holds a descriptor of an inode, in
	// ascending order: fork and SCM_RIGHTS share sockets. An inode that was
	// not found in any process has no entry.
	PIDs map[uint64][]int
	// Owners describes the processes of PIDs, by ascending PID. Of one that
	// could not be read only the PID is set, and a gap says so.
	Owners []evidence.Owner
	// Gaps says which processes could not be looked into.
	Gaps []evidence.Gap
	// Scanned is how many processes had descriptors that were all read.
	// Kernel threads and zombies have none.
	Scanned int
}

// misses counts what a scan could not see.
type misses struct {
	denied      int   // processes whose descriptors may not be read
	failed      int   // those that failed in another way
	failure     error // the first such way
	undescribed int   // holders that could not be described
	hidden      bool  // PID 1 is not listed
	outside     bool  // there are PID namespaces around the one looked into
}

const losesHolders = "sockets that only such processes hold show no owner, and of shared ones not all owners are named"

// gaps returns the misses as evidence. Root with every capability sees all
// processes, so the hint differs with privilege.
func (m misses) gaps(root bool) []evidence.Gap {
	hint := "sudo linger"
	if root {
		hint = "run linger with CAP_SYS_PTRACE, in a container: docker run --cap-add SYS_PTRACE --pid host --network host"
	}
	var gaps []evidence.Gap
	add := func(hint, format string, args ...any) {
		gaps = append(gaps, evidence.Gap{What: fmt.Sprintf(format, args...), Loses: losesHolders, Hint: hint})
	}
	if m.denied > 0 {
		add(hint, "no permission to read the descriptors of %s", processes(m.denied))
	}
	if m.failed > 0 {
		add("", "could not read the descriptors of %s (%v)", processes(m.failed), m.failure)
	}
	if m.hidden {
		add(hint, "/proc hides the processes of other users (mount option hidepid)")
	}
	if m.outside {
		add("docker run --pid host --network host", "processes outside linger's own PID namespace cannot be seen")
	}
	if m.undescribed > 0 {
		gaps = append(gaps, evidence.Gap{
			What:  fmt.Sprintf("could not read who %s is", processes(m.undescribed)),
			Loses: "it is shown by its PID alone",
		})
	}
	return gaps
}

func processes(n int) string {
	if n == 1 {
		return "1 process"
	}
	return fmt.Sprintf("%d processes", n)
}
