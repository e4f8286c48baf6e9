package lab

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/workload"
)

// startCalls starts a calls program, with a channel of its own and one for
// each child that it will fork.
func (p *program) startCalls(ctx context.Context, cmd *exec.Cmd) error {
	var theirs []*os.File
	defer func() {
		for _, f := range theirs {
			_ = f.Close()
		}
	}()
	pair := func() (in, out *os.File, d *workload.Driver, err error) {
		in, write, err := os.Pipe()
		if err != nil {
			return nil, nil, nil, err
		}
		read, out, err := os.Pipe()
		if err != nil {
			return nil, nil, nil, err
		}
		theirs = append(theirs, in, out)
		p.pipes = append(p.pipes, write, read)
		return in, out, workload.NewDriver(write, read), nil
	}
	in, out, driver, err := pair()
	if err != nil {
		return err
	}
	cmd.Stdin, cmd.Stdout = in, out
	for _, name := range p.children {
		in, out, d, err := pair()
		if err != nil {
			return err
		}
		cmd.ExtraFiles = append(cmd.ExtraFiles, in, out)
		p.spares[name] = d
	}
	if p.process, err = p.host.Start(cmd); err != nil {
		return err
	}
	p.caller = kernelCaller{driver}
	_, err = driver.Started(ctx)
	return err
}

// fork makes a child of a calls program.
func (s *stage) fork(ctx context.Context, f scenario.Fork) error {
	parent := s.programs[f.Program]
	k, ok := parent.caller.(kernelCaller)
	if !ok {
		return fmt.Errorf("%s cannot fork", f.Program)
	}
	a, err := k.driver.Do(ctx, workload.Request{Call: workload.Fork, Child: f.Child})
	if err != nil {
		return err
	}
	if a.Errno != "" {
		return fmt.Errorf("fork: %s", a.Error)
	}
	driver := parent.spares[f.Child]
	s.programs[f.Child] = &program{spec: parent.spec, host: parent.host, child: a.PID, caller: kernelCaller{driver}, up: make(chan struct{})}
	_, err = driver.Started(ctx)
	return err
}
