package vmtest

import (
	"bytes"
	"slices"
	"strings"
	"time"
)

// Result is what happened in one guest.
type Result struct {
	Kernel   Kernel
	Version  string // as the guest tells it: uname -r and -v
	RealTime bool
	Ready    bool // modules were loaded and programs began
	Ended    bool // all programs have ended
	Programs []Outcome
	Trouble  []string      // what the guest could not do
	Noise    []string      // lines on its port that are no events
	Console  string        // the kernel's messages
	ReadyIn  time.Duration // in the host's time
	Took     time.Duration // in the host's time
}

// Outcome is what a program did in a guest.
type Outcome struct {
	Name    string
	Ended   bool
	Status  int           // 0 to 255, or 256 and the signal that ended it
	InGuest time.Duration // how long it took by the guest's clock
	OnHost  time.Duration // and by the host's
	Output  []byte
	Errors  []byte
	beganAt time.Duration
}

// take notes an event that came so long after the start.
func (r *Result) take(e Event, at time.Duration) {
	switch e.Kind {
	case Ready:
		r.Ready, r.ReadyIn, r.Version = true, at, string(e.Data)
	case Begin:
		r.Programs = append(r.Programs, Outcome{Name: e.Program, beganAt: at})
	case Trouble:
		r.Trouble = append(r.Trouble, string(e.Data))
	case End:
		r.Ended = true
	case Output, Errors, Exit:
		i := slices.IndexFunc(r.Programs, func(o Outcome) bool { return o.Name == e.Program })
		if i < 0 {
			r.Noise = append(r.Noise, e.Kind+" of "+e.Program+", which did not begin")
			return
		}
		r.Programs[i].take(e, at)
	}
}

func (o *Outcome) take(e Event, at time.Duration) {
	switch e.Kind {
	case Output:
		o.Output = append(o.Output, e.Data...)
	case Errors:
		o.Errors = append(o.Errors, e.Data...)
	case Exit:
		o.Ended, o.Status, o.InGuest, o.OnHost = true, e.Status, e.Took, at-o.beganAt
	}
}

// running returns the program that began last, if it has not ended.
func (r *Result) running() string {
	if n := len(r.Programs); n > 0 && !r.Programs[n-1].Ended {
		return r.Programs[n-1].Name
	}
	return ""
}

// Tests is what a test binary said with -test.v.
type Tests struct {
	Passed  int
	Failed  []string          // names
	Skipped map[string]string // the reasons, by name
}

// ReadTests counts the tests in the output of a test binary. With -test.v what
// a test says comes before its verdict, and under its name.
func ReadTests(output []byte) Tests {
	t := Tests{Skipped: map[string]string{}}
	running, said := "", map[string]string{}
	for line := range bytes.Lines(output) {
		text := strings.TrimSpace(string(line))
		verdict, name, _ := strings.Cut(text, ": ")
		name, _, _ = strings.Cut(name, " ")
		switch verdict {
		case "--- PASS":
			t.Passed++
		case "--- FAIL":
			t.Failed = append(t.Failed, name)
		case "--- SKIP":
			t.Skipped[name] = said[name]
		default:
			if mark, name, _ := strings.Cut(text, "  "); strings.HasPrefix(mark, "=== ") {
				running = strings.TrimSpace(name)
			} else {
				said[running] = text
			}
		}
	}
	return t
}
