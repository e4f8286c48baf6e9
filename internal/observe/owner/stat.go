package owner

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// stat is what linger uses of /proc/PID/stat.
type stat struct {
	name    string
	state   string // one letter
	parent  int
	flags   uint64 // PF_ bits of include/linux/sched.h
	threads int
	start   uint64 // clock ticks after boot
}

const kernelThread = 0x00200000 // PF_KTHREAD

// empty reports whether the process has no table of descriptors to look at:
// it is a kernel thread, or has exited with all its threads.
func (s stat) empty() bool {
	return s.flags&kernelThread != 0 || s.exited()
}

// exited reports whether the process is a zombie or dead with no thread left.
// A first thread that exited before the others is also shown as a zombie.
func (s stat) exited() bool {
	return (s.state == "Z" || s.state == "X" || s.state == "x") && s.threads <= 1
}

// headless reports whether the first thread has exited and others run on.
func (s stat) headless() bool { return s.state == "Z" && s.threads > 1 }

// parseStat reads /proc/PID/stat. The name is in parentheses and may hold
// parentheses and spaces itself, so it ends at the last ')'.
func parseStat(data []byte) (stat, error) {
	open := bytes.IndexByte(data, '(')
	end := bytes.LastIndexByte(data, ')')
	if open < 0 || end < open {
		return stat{}, errors.New("no name in parentheses")
	}
	fields := bytes.Fields(data[end+1:])
	const state, parent, flags, threads, start = 0, 1, 6, 17, 19 // proc(5) counts from 1 and has two fields more in front
	if len(fields) <= start {
		return stat{}, fmt.Errorf("%d fields after the name, want at least %d", len(fields), start+1)
	}
	if len(fields[state]) != 1 {
		return stat{}, fmt.Errorf("state %q is not one letter", fields[state])
	}
	s := stat{name: unescapeName(data[open+1 : end]), state: string(fields[state])}
	var err [4]error
	s.parent, err[0] = strconv.Atoi(string(fields[parent]))
	s.flags, err[1] = strconv.ParseUint(string(fields[flags]), 10, 64)
	s.threads, err[2] = strconv.Atoi(string(fields[threads]))
	s.start, err[3] = strconv.ParseUint(string(fields[start]), 10, 64)
	return s, errors.Join(err[:]...)
}

// unescapeName undoes what the kernel does to a name in stat and status: a
// newline is shown as \n and a backslash as \\ (fs/proc/array.c,
// proc_task_name).
func unescapeName(name []byte) string {
	if bytes.IndexByte(name, '\\') < 0 {
		return string(name)
	}
	out := make([]byte, 0, len(name))
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c == '\\' && i+1 < len(name) && (name[i+1] == 'n' || name[i+1] == '\\') {
			i++
			if c = name[i]; c == 'n' {
				c = '\n'
			}
		}
		out = append(out, c)
	}
	return string(out)
}
