package netlab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// outputDelay bounds the wait for a pipe that a stray descendant keeps open.
const outputDelay = 2 * time.Second

// Process is a program that runs on a Host, as the leader of a process group of its own.
// It is safe for concurrent use.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // of cmd.Wait; set before done is closed

	// mu guards gone. The process is reaped only after gone is set, so the
	// group id cannot be another's while mu is held and gone is false.
	mu   sync.Mutex
	gone bool
}

// Start runs cmd inside the namespace. The caller must not call cmd.Wait.
//
// The program is killed when this process dies (PR_SET_PDEATHSIG) and by
// World.Close; when it ends by itself, the rest of its process group is
// killed. The signal of PR_SET_PDEATHSIG is sent when the thread that forked
// ends, so that thread is kept until the program has ended. A program that
// changes its credentials loses this protection (prctl(2)).
func (h *Host) Start(cmd *exec.Cmd) (*Process, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	if cmd.WaitDelay == 0 {
		cmd.WaitDelay = outputDelay
	}
	p := &Process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// The second send is for a failure before the fork; nobody reads it otherwise.
		err := h.Do(func() error { return p.run(h.world, started) })
		select {
		case started <- err:
		default:
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s on %s: %w", cmd.Path, h.name, err)
	}
	return p, nil
}

// run starts the program and stays on the thread until it has ended.
func (p *Process) run(w *World, started chan<- error) error {
	if err := p.cmd.Start(); err != nil {
		return err
	}
	admitted := w.admit(p)
	if admitted {
		started <- nil
	} else {
		p.Kill()
	}
	for {
		err := unix.Waitid(unix.P_PID, p.PID(), nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	p.Kill()
	p.mu.Lock()
	p.gone = true
	p.mu.Unlock()
	p.err = p.cmd.Wait()
	close(p.done)
	w.forget(p)
	if !admitted {
		return os.ErrClosed
	}
	return nil
}

// admit registers a process, unless the World is closed.
func (w *World) admit(p *Process) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.procs[p] = struct{}{}
	return true
}

func (w *World) forget(p *Process) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.procs, p)
}

// PID returns the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done returns a channel that is closed when the program has ended and its
// output has been copied.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait waits for the end and returns what exec.Cmd.Wait returned. It may be
// called any number of times.
func (p *Process) Wait() error {
	<-p.done
	return p.err
}

// Signal sends sig to the whole process group, such as SIGSTOP. After the end
// it returns os.ErrProcessDone.
func (p *Process) Signal(sig syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		return os.ErrProcessDone
	}
	return unix.Kill(-p.PID(), sig)
}

// Kill sends SIGKILL to the process group, also to a stopped one. It does not wait.
func (p *Process) Kill() { _ = p.Signal(unix.SIGKILL) }
