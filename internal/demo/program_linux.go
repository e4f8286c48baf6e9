package demo

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"syscall"

	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/workload"
)

// program is a client or server at work on a host.
type program struct {
	*netlab.Process
	mu   sync.Mutex
	last workload.Event // guarded by mu
	fail workload.Event // the first failure; guarded by mu
	up   bool           // has started; guarded by mu
}

// start runs one of the workload programs on a host.
func (s *stage) start(h *netlab.Host, name string, args ...string) (*program, error) {
	cmd := exec.Command(s.Executable, append([]string{"workload", name}, args...)...)
	r, w := io.Pipe()
	cmd.Stdout = w
	process, err := h.Start(cmd)
	if err != nil {
		return nil, err
	}
	p := &program{Process: process}
	go func() {
		<-process.Done()
		w.Close()
	}()
	go p.listen(r)
	return p, nil
}

func (p *program) listen(r io.Reader) {
	for lines := bufio.NewScanner(r); lines.Scan(); {
		var e workload.Event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			continue
		}
		p.mu.Lock()
		p.last = e
		switch {
		case e.Kind == workload.Started:
			p.up = true
		case e.Kind == workload.Failed && p.fail.Kind == "":
			p.fail = e
		}
		p.mu.Unlock()
	}
}

// counts returns what the program did so far.
func (p *program) counts() workload.Counts {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last.Counts
}

// failure returns the first failure, if there was one.
func (p *program) failure() (workload.Event, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fail, p.fail.Kind != ""
}

func (p *program) started() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.up
}

// serve starts a server and waits until it listens, or has failed.
func (s *stage) serve(h *netlab.Host, name string, args ...string) (*program, error) {
	p, err := s.start(h, name, args...)
	if err != nil {
		return nil, err
	}
	return p, s.await(name+" to listen", func() (bool, error) {
		_, failed := p.failure()
		return failed || p.started(), nil
	})
}

// end asks the program to end and waits for it.
func (p *program) end() error {
	if err := p.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("end a program: %w", err)
	}
	<-p.Done()
	return nil
}
