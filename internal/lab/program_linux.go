package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/scenario"
)

// watchProgram compares what a program told of itself and what /proc tells of
// its process.
func (s *stage) watchProgram(e scenario.Expect, p *program) look {
	return func(context.Context) (sight, error) {
		var f findings
		if e.Counts != nil || e.Slowdown != nil || e.FailedAt != nil || e.FailedNo != nil {
			p.compareCounts(e, &f)
		}
		if e.Process != "" {
			is := p.condition()
			f.add(is == e.Process || e.Process == "sleeping" && is == "running", "process %s", is)
		}
		if e.Sockets != nil {
			n := p.sockets()
			f.add(e.Sockets.Has(n), "%d sockets held", n)
		}
		return f.sight(), nil
	}
}

func (p *program) compareCounts(e scenario.Expect, f *findings) {
	last := p.last()
	for _, want := range e.Counts {
		n, _ := last.Named(want.Name) // the scenario's names have been checked
		f.add(want.Range.Has(int64(n)), "%s %d", want.Name, n)
	}
	if want := e.Slowdown; want != nil {
		ratio := 0.0
		if last.BeforeUS > 0 {
			ratio = last.AfterUS / last.BeforeUS
		}
		f.add(ratio >= want.Low && ratio <= want.High, "connect() takes %.0f us, before %.0f us: %.3g times", last.AfterUS, last.BeforeUS, ratio)
	}
	if e.FailedNo == nil && e.FailedAt == nil {
		return
	}
	if last.Failures == 0 {
		f.add(false, "no failure")
		return
	}
	at := time.Duration(last.FailedAfterNS)
	f.add((e.FailedNo == nil || e.FailedNo.Has(int64(last.FailedNo))) && (e.FailedAt == nil || at >= e.FailedAt.Low && at <= e.FailedAt.High),
		"first failure after %d connections and %.3g s", last.FailedNo, at.Seconds())
}

// condition returns what /proc/PID/stat calls the process's state
// (proc_pid_stat(5)).
func (p *program) condition() string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid()))
	if err != nil {
		return "gone"
	}
	// The name, in parentheses, may hold anything, also a parenthesis.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) == 0 {
		return "gone"
	}
	words := map[string]string{"R": "running", "S": "sleeping", "T": "stopped", "Z": "zombie", "X": "gone"}
	if word := words[fields[0]]; word != "" {
		return word
	}
	return "in state " + fields[0]
}

// sockets counts the socket descriptors of the process. A zombie still has an
// entry in /proc, but no table of descriptors.
func (p *program) sockets() (n int64) {
	links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", p.pid()))
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}
