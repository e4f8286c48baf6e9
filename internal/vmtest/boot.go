package vmtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const qemu = "qemu-system-x86_64"

// Machine is what guests run on.
type Machine struct {
	Guest string // file of the program vmtest/guest, static
	// RealTime: the guest's clock is the host's, and it has two processors, for
	// races. Else its clock counts instructions of its one processor and skips
	// what it sleeps.
	RealTime bool
	Memory   string        // as QEMU takes it; "2G"
	Limit    time.Duration // in the host's time, for a boot with all programs
	Cmdline  string        // more of the kernel's command line
	Cgroups  Cgroups       // how control groups are mounted
	Borrowed []string      // files of the host that the guest has too, as Borrow gives them
	Each     func(Event)   // is told each event as it comes; may be nil
}

// Available reports whether guests can be booted here: nil, or an
// *UnavailableError.
func Available() error {
	if _, err := exec.LookPath(qemu); err != nil {
		return &UnavailableError{err, "on Debian: apt-get install --no-install-recommends qemu-system-x86"}
	}
	return nil
}

// Run boots a kernel, runs the programs on it and returns what happened. A
// guest that never became ready is tried once more. An error says that the
// machine could not be made or ended before its time; the result then holds what
// was seen until then.
func (m *Machine) Run(ctx context.Context, k Kernel, programs []Program) (Result, error) {
	dir, err := os.MkdirTemp("", "linger-vm-")
	if err != nil {
		return Result{}, fmt.Errorf("make folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	initramfs := filepath.Join(dir, "initramfs")
	if err := m.initramfs(initramfs, k, programs); err != nil {
		return Result{}, err
	}
	result, err := m.boot(ctx, k, dir)
	if err != nil && !result.Ready && ctx.Err() == nil {
		result, err = m.boot(ctx, k, dir)
	}
	return result, err
}

func (m *Machine) initramfs(file string, k Kernel, programs []Program) error {
	out, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("write initramfs: %w", err)
	}
	buffered := bufio.NewWriterSize(out, 1<<20)
	return errors.Join(m.pack(buffered, k, programs), buffered.Flush(), out.Close())
}

// arguments returns QEMU's command line. The first serial port is the kernel's
// console, the second the guest's events.
func (m *Machine) arguments(k Kernel, dir string) []string {
	processors, clock := 1, []string{"-icount", "shift=0,sleep=off", "-rtc", "clock=vm"}
	accel := "tcg"
	if m.RealTime {
		processors, clock, accel = 2, nil, "tcg,thread=multi"
	}
	// mitigations=off, init_on_alloc=0: emulated, they cost much and protect
	// nothing. Without erms the kernel copies and clears words, not bytes: each
	// step costs the same here. With smap the emulator leaves its compiled code
	// twice for each copy from and to a program.
	// thash_entries: the quota of TIME_WAIT sockets follows from the size of
	// the table, and that from the memory; a guest's is too small for the claims.
	// A larger one makes each dump longer.
	cmdline := "console=ttyS0 panic=-1 quiet mitigations=off init_on_alloc=0 thash_entries=32768 " + m.Cmdline
	return append([]string{
		"-accel", accel, "-machine", "q35", "-cpu", "max,-erms,-smap", "-m", m.Memory, "-smp", strconv.Itoa(processors),
		"-display", "none", "-nodefaults", "-no-user-config", "-no-reboot",
		"-serial", "file:" + filepath.Join(dir, "console"), "-serial", "stdio",
		"-kernel", filepath.Join(k.Dir, "vmlinuz"), "-initrd", filepath.Join(dir, "initramfs"),
		"-append", strings.TrimSpace(cmdline),
	}, clock...)
}

// boot runs QEMU once.
func (m *Machine) boot(ctx context.Context, k Kernel, dir string) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, m.Limit)
	defer cancel()
	r := Result{Kernel: k, RealTime: m.RealTime}
	began := time.Now()
	cmd := exec.CommandContext(ctx, qemu, m.arguments(k, dir)...)
	cmd.WaitDelay = 5 * time.Second
	var complaints strings.Builder
	cmd.Stderr = &complaints
	port, err := cmd.StdoutPipe()
	if err != nil {
		return r, fmt.Errorf("start QEMU: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return r, fmt.Errorf("start QEMU: %w", err)
	}
	readErr := follow(port, func(e Event) {
		r.take(e, time.Since(began))
		if m.Each != nil {
			m.Each(e)
		}
	}, func(line []byte) { r.Noise = append(r.Noise, string(line)) })
	if errors.Is(readErr, os.ErrClosed) || errors.Is(readErr, io.ErrClosedPipe) {
		readErr = nil
	}
	err = errors.Join(readErr, cmd.Wait())
	r.Took = time.Since(began)
	if text, readErr := os.ReadFile(filepath.Join(dir, "console")); readErr == nil {
		r.Console = string(text)
	}
	return r, m.verdict(ctx, &r, err, complaints.String())
}

// verdict says why a boot did not come to its end. QEMU's own exit status says
// little: a guest that panics ends it with success.
func (m *Machine) verdict(ctx context.Context, r *Result, err error, complaints string) error {
	var why string
	switch {
	case r.Ended && err == nil:
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		why = fmt.Sprintf("not done after %v", m.Limit)
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		why = err.Error()
	default:
		why = "ended without its last word"
	}
	if running := r.running(); running != "" {
		why += ", while " + running + " ran"
	} else if !r.Ready {
		why += ", before it was ready"
	}
	if complaints != "" {
		why += "; QEMU says: " + lastLines(complaints, 3)
	}
	if console := quietConsole(r.Console); console != "" {
		why += "; its console says: " + lastLines(console, 6)
	}
	return fmt.Errorf("guest %s: %s", r.Kernel.Release, why)
}

// quietConsole makes a console's text readable: carriage returns and what moves
// a terminal's cursor go.
func quietConsole(text string) string {
	var out strings.Builder
	escape := false
	for _, c := range text {
		switch {
		case c == 0x1b:
			escape = true
		case escape:
			escape = c == '[' || c == ';' || c == '?' || '0' <= c && c <= '9'
		case c == '\n' || c == '\t' || c >= ' ' && c != 0x7f:
			out.WriteRune(c)
		}
	}
	return strings.TrimSpace(out.String())
}
