package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// measure traces one load.
func (c *contender) measure(connections, rate int) (sample, error) {
	p, err := c.start()
	if err != nil {
		return sample{}, err
	}
	defer p.stop()
	var used time.Duration
	s, err := load(connections, rate,
		func() (err error) { used, err = p.used(); return err },
		func() error {
			time.Sleep(300 * time.Millisecond) // what waits to be read is part of the price
			now, err := p.used()
			used = now - used
			return err
		})
	s.process, s.peakKB = used, p.peak()
	return s, err
}

// tracer is a contender at work; nil for none.
type tracer struct{ cmd *exec.Cmd }

// start returns when its programs are attached: when their number in the kernel
// has stayed the same for a while.
func (c *contender) start() (*tracer, error) {
	if c.script == "" {
		return nil, nil
	}
	before := programIDs()
	t := &tracer{exec.Command("unshare", "-m", "sh", "-c", c.script)}
	t.cmd.Stderr = os.Stderr
	t.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGKILL}
	if err := t.cmd.Start(); err != nil {
		return nil, err
	}
	same, last := 0, 0
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		now := 0
		for id := range programIDs() {
			if !before[id] {
				now++
			}
		}
		if now != last || now == 0 {
			same, last = 0, now
			continue
		}
		if same++; same == 10 {
			return t, nil
		}
	}
	t.stop()
	return nil, errors.New("its programs were not attached within 20 s")
}

func (t *tracer) stop() {
	if t == nil {
		return
	}
	_ = unix.Kill(-t.cmd.Process.Pid, unix.SIGINT)
	done := make(chan struct{})
	go func() { _ = t.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		_ = unix.Kill(-t.cmd.Process.Pid, unix.SIGKILL)
		<-done
	}
}

// processes are the pids of the process group.
func (t *tracer) processes() []string {
	group, _ := filepath.Glob("/proc/[0-9]*")
	var mine []string
	for _, dir := range group {
		stat, err := os.ReadFile(dir + "/stat")
		if err != nil {
			continue
		}
		rest := stat[bytes.LastIndexByte(stat, ')')+2:]
		if f := bytes.Fields(rest); len(f) > 2 && string(f[2]) == fmt.Sprint(t.cmd.Process.Pid) {
			mine = append(mine, dir)
		}
	}
	return mine
}

// used is the processor time that the tracer has taken so far.
func (t *tracer) used() (time.Duration, error) {
	if t == nil {
		return 0, nil
	}
	var sum time.Duration
	for _, dir := range t.processes() {
		threads, _ := filepath.Glob(dir + "/task/*/schedstat")
		for _, file := range threads {
			text, err := os.ReadFile(file)
			if err != nil {
				continue // it has ended
			}
			var running, waiting int64
			if _, err := fmt.Sscan(string(text), &running, &waiting); err != nil {
				return 0, fmt.Errorf("read %s: %w", file, err)
			}
			sum += time.Duration(running)
		}
	}
	return sum, nil
}

// peak is the largest resident set of its processes, in kB.
func (t *tracer) peak() (most int64) {
	if t == nil {
		return 0
	}
	for _, dir := range t.processes() {
		status, _ := os.ReadFile(dir + "/status")
		for line := range strings.Lines(string(status)) {
			var kb int64
			if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kb); n == 1 {
				most = max(most, kb)
			}
		}
	}
	return most
}

func programIDs() map[ebpf.ProgramID]bool {
	all := make(map[ebpf.ProgramID]bool)
	for id, err := ebpf.ProgramGetNextID(0); err == nil; id, err = ebpf.ProgramGetNextID(id) {
		all[id] = true
	}
	return all
}

// part is one program of a contender, by the kernel's own statistics.
type part struct {
	name                     string
	nanos, runs, connections float64
}

// programs traces one load with the kernel's statistics on, which cost some
// tens of nanoseconds a run themselves.
func (c *contender) programs(connections int) ([]part, error) {
	before := programIDs()
	p, err := c.start()
	if err != nil || p == nil {
		return nil, err
	}
	defer p.stop()
	var mine []*ebpf.Program
	for id := range programIDs() {
		if before[id] {
			continue
		}
		program, err := ebpf.NewProgramFromID(id)
		if err != nil {
			continue // one that was only tried
		}
		defer program.Close()
		mine = append(mine, program)
	}
	stats, err := ebpf.EnableStats(uint32(unix.BPF_STATS_RUN_TIME))
	if err != nil {
		return nil, fmt.Errorf("switch the kernel's statistics on: %w", err)
	}
	defer stats.Close()
	nothing := func() error { return nil }
	s, err := load(connections, 0, nothing, nothing)
	if err != nil {
		return nil, err
	}
	var parts []part
	for _, program := range mine {
		info, err := program.Info()
		if err != nil {
			return nil, err
		}
		spent, err := program.Stats()
		if err != nil {
			return nil, err
		}
		if spent.RunCount > 0 {
			parts = append(parts, part{info.Name, float64(spent.Runtime), float64(spent.RunCount), float64(s.connections)})
		}
	}
	return parts, nil
}
