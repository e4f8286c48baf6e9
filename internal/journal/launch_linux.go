package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Launcher starts guards as processes that outlive the one that starts them,
// its terminal and its session. Where systemd runs, a guard is a unit of its
// own: the end of a session can kill everything in the session's own
// (KillUserProcesses= in logind.conf(5)), and a guard that dies is started
// again. Elsewhere it is the leader of a session of its own.
type Launcher struct {
	Dir        string                // of the journal
	Args       func(id int) []string // arguments with which this program calls Journal.Guard
	SystemdRun string                // "systemd-run"
	Booted     string                // "/run/systemd/system", which is there if systemd runs (sd_booted(3))
}

// Guards returns the Launcher of this host.
func Guards(dir string, args func(id int) []string) Launcher {
	return Launcher{Dir: dir, Args: args, SystemdRun: "systemd-run", Booted: "/run/systemd/system"}
}

const (
	dutyMax  = 10 * time.Second // how long a guard may take to be on duty
	dutyPoll = 10 * time.Millisecond
)

// Launch starts the guard of an entry, and returns once it is on duty.
func (l Launcher) Launch(ctx context.Context, id int) error {
	ctx, cancel := context.WithTimeout(ctx, dutyMax)
	defer cancel()
	if _, err := os.Stat(l.Booted); err == nil && l.unit(ctx, id) == nil {
		return nil
	}
	return l.session(ctx, id)
}

// unit starts a guard as a transient unit: systemd-run(1).
func (l Launcher) unit(ctx context.Context, id int) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	// Half of the time is left for the other way.
	ctx, cancel := context.WithTimeout(ctx, dutyMax/2)
	defer cancel()
	args := append([]string{
		"--quiet", "--collect", "--unit=linger-guard-" + strconv.Itoa(id),
		"--description=linger: takes back change " + strconv.Itoa(id) + " unless it is confirmed",
		"--property=Restart=on-failure", "--property=OOMScoreAdjust=-900", "--", exe,
	}, l.Args(id)...)
	if err := exec.CommandContext(ctx, l.SystemdRun, args...).Run(); err != nil {
		return fmt.Errorf("start the guard: %w", err)
	}
	return l.onDuty(ctx, id, nil)
}

// session starts a guard as the leader of a new session, without a terminal.
func (l Launcher) session(ctx context.Context, id int) error {
	cmd := exec.Command("/proc/self/exe", l.Args(id)...) // also when linger was upgraded meanwhile
	cmd.Args[0] = "linger"                               // as ps(1) shall show it
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the guard: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	if err := l.onDuty(ctx, id, ended); err != nil {
		_ = cmd.Process.Kill()
		return err
	}
	return nil
}

// onDuty waits until a guard of the entry lives.
func (l Launcher) onDuty(ctx context.Context, id int, ended <-chan error) error {
	for !watched(l.Dir, id) {
		select {
		case <-ctx.Done():
			return errors.New("the guard does not come on duty")
		case err := <-ended:
			if watched(l.Dir, id) { // another one, from the other way
				return nil
			}
			if err == nil {
				err = errors.New("without a word")
			}
			return fmt.Errorf("the guard ended: %w", err)
		case <-time.After(dutyPoll):
		}
	}
	return nil
}

// Steady prepares the process for Guard: what tells other programs to end with
// their terminal is ignored, and the context ends when this one is told to.
func Steady(ctx context.Context) (context.Context, context.CancelFunc) {
	signal.Ignore(unix.SIGHUP, unix.SIGPIPE, unix.SIGQUIT)
	return signal.NotifyContext(ctx, unix.SIGTERM, unix.SIGINT)
}
