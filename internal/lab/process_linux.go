package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/workload"
)

// startTime is how long a program may take to be ready, on a machine that is
// busy with everything else.
const startTime = 30 * time.Second

// program is a program of a scenario: a process of linger's own binary, a child
// of one, or the user of a raw peer.
type program struct {
	spec     *scenario.Program
	host     *kernelHost // nil on a raw host
	peer     *rawHost
	binary   string
	children []string // that it will be asked to fork

	process *netlab.Process // nil: not started, a child, or on a raw host
	child   int             // pid of a child; 0: none
	caller  caller          // of a calls program
	pipes   []io.Closer
	spares  map[string]*workload.Driver // of children, before and after they are made
	errors  *os.File                    // its standard error: no pipe, which a child could keep open

	up chan struct{} // closed when it has told that it is ready, or failed

	mu    sync.Mutex // guards what follows
	event workload.Event
	ready bool
}

func (s *stage) newProgram(spec *scenario.Program, p *scenario.Play) *program {
	out := &program{
		spec: spec, host: s.hosts[spec.On], peer: s.peers[spec.On], binary: s.options.Executable,
		up: make(chan struct{}), spares: map[string]*workload.Driver{},
	}
	for _, step := range p.Steps {
		if f, ok := step.Action.(scenario.Fork); ok && f.Program == spec.Name {
			out.children = append(out.children, f.Child)
		}
	}
	return out
}

// start starts the process and waits until it is ready. That a server cannot
// bind is no error: it is what some scenarios are about.
func (p *program) start(ctx context.Context) error {
	if p.peer != nil {
		p.caller = newRawCaller(p.peer.peer)
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	cmd := exec.Command(p.binary, append([]string{"workload", string(p.spec.Run)}, args(p.spec, p.children)...)...)
	var err error
	if p.errors, err = memory("errors of " + p.spec.Name); err != nil {
		return err
	}
	p.pipes = append(p.pipes, p.errors)
	cmd.Stderr = p.errors
	if p.spec.Run == scenario.Calls {
		err = p.startCalls(ctx, cmd)
	} else {
		err = p.startWorkload(ctx, cmd)
	}
	if err != nil {
		return fmt.Errorf("start program %s: %w", p.spec.Name, err)
	}
	return nil
}

// startWorkload starts a program that goes its own way and tells events.
func (p *program) startWorkload(ctx context.Context, cmd *exec.Cmd) error {
	r, w := io.Pipe()
	cmd.Stdout = w
	process, err := p.host.Start(cmd)
	if err != nil {
		return err
	}
	p.process = process
	go func() {
		<-process.Done()
		_ = w.Close()
	}()
	go p.listen(r)
	select {
	case <-p.up:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-process.Done():
		return p.ending()
	}
}

// ending says why a program ended too early; that it failed with an errno is
// an event, and no error.
func (p *program) ending() error {
	<-p.up // its output has been read to the end
	if p.last().Failures > 0 {
		return nil
	}
	text := make([]byte, 1000)
	n, _ := p.errors.ReadAt(text, 0)
	if said := strings.TrimSpace(string(text[:n])); said != "" {
		return errors.New(said)
	}
	return p.process.Wait()
}

// memory returns a file that is nowhere.
func memory(name string) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make a file in memory: %w", err)
	}
	return os.NewFile(uintptr(fd), name), nil
}

// listen keeps the last event.
func (p *program) listen(r io.Reader) {
	defer p.becomeReady()
	for decode := json.NewDecoder(r); ; {
		var e workload.Event
		if decode.Decode(&e) != nil {
			return
		}
		p.mu.Lock()
		p.event = e
		p.mu.Unlock()
		p.becomeReady()
	}
}

func (p *program) becomeReady() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ready {
		p.ready = true
		close(p.up)
	}
}

// last returns what the program told last.
func (p *program) last() workload.Counts {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.event.Counts
}

func (p *program) pid() int {
	switch {
	case p.child > 0:
		return p.child
	case p.process != nil:
		return p.process.PID()
	}
	return 0
}

// close ends the process, whatever its state.
func (p *program) close() {
	if p.process != nil {
		p.process.Kill()
		<-p.process.Done()
	}
	if p.child > 0 {
		_ = unix.Kill(p.child, unix.SIGKILL)
	}
	for _, pipe := range p.pipes {
		_ = pipe.Close()
	}
}
