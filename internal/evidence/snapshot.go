package evidence

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Snapshot is all evidence of one instant on one host.
type Snapshot struct {
	Taken      time.Time     `json:"taken"`
	Took       time.Duration `json:"took_ns"` // how long the look lasted; the evidence is at most this old at Taken
	Host       Host          `json:"host"`
	Namespaces []Namespace   `json:"namespaces"`
	Owners     []Owner       `json:"owners,omitempty"` // the processes that Holding, Made and Listener name, ordered by PID
	Traced     *Traced       `json:"traced,omitempty"` // what a tracer saw until then; nil if there was none
	Gaps       []Gap         `json:"gaps,omitempty"`
}

// Owner returns the process with this PID, or nil if it was not looked up.
func (s *Snapshot) Owner(pid int) *Owner {
	for i := range s.Owners {
		if s.Owners[i].PID == pid {
			return &s.Owners[i]
		}
	}
	return nil
}

// Host is the machine the evidence is from.
type Host struct {
	Name   string `json:"name"`
	Kernel Kernel `json:"kernel"`
	HZ     int    `json:"hz"` // timer interrupts per second; 0 if it could not be told
	// Tail is by how much the timer wheel may lengthen the 60 s of TIME_WAIT
	// here; 0 if it could not be told.
	Tail   time.Duration `json:"time_wait_tail_ns"`
	Root   bool          `json:"root"`
	Source string        `json:"source"` // "live", "twin", "netlab"; a recording keeps the source of what it recorded
}

// Kernel is a kernel release as uname gives it, such as "6.1.0-50-amd64".
type Kernel string

// AtLeast reports whether the release is major.minor or newer. A release that
// cannot be read counts as older than everything.
func (k Kernel) AtLeast(major, minor int) bool {
	parts := strings.FieldsFunc(string(k), func(r rune) bool { return r < '0' || r > '9' })
	if len(parts) < 2 {
		return false
	}
	a, err1 := strconv.Atoi(parts[0])
	b, err2 := strconv.Atoi(parts[1])
	if err1 != nil || err2 != nil {
		return false
	}
	return a > major || a == major && b >= minor
}

// TimeWaitLen is how long a socket stays in TIME_WAIT when nothing disturbs
// it: TCP_TIMEWAIT_LEN, a compile-time constant (include/net/tcp.h).
const TimeWaitLen = 60 * time.Second

// Granularity returns by how much the timer wheel may delay a timer of
// length d: the wheel since Linux 4.8 has levels of 64 buckets, each eight
// times coarser than the one before, and only rounds up
// (kernel/time/timer.c, calc_index). It returns 0 when HZ is not known.
func (h Host) Granularity(d time.Duration) time.Duration {
	if h.HZ <= 0 {
		return 0
	}
	jiffy := time.Second / time.Duration(h.HZ)
	delta := int64(d / jiffy)
	unit := int64(1)
	for delta >= 63*unit {
		unit *= 8
	}
	return time.Duration(unit) * jiffy
}

// Gap is something that could not be seen, and what the reader loses by it.
type Gap struct {
	What  string `json:"what"`            // what was not seen, and why
	Loses string `json:"loses,omitempty"` // what the reader does not learn therefore
	Hint  string `json:"hint,omitempty"`  // a command that would close the gap
}

// String returns the gap as one sentence.
func (g Gap) String() string {
	if g.Loses == "" {
		return g.What
	}
	return fmt.Sprintf("%s: %s", g.What, g.Loses)
}
