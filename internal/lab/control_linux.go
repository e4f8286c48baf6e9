package lab

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/scenario"
)

// control acts on the process of a program.
func (s *stage) control(ctx context.Context, c scenario.Control) error {
	p := s.programs[c.Program]
	switch c.Do {
	case scenario.Start:
		return p.start(ctx)
	case scenario.End:
		if err := p.signal(unix.SIGTERM); err != nil {
			return err
		}
		return p.await(ctx)
	case scenario.Kill:
		if err := p.signal(unix.SIGKILL); err != nil || p.child > 0 {
			return err // nobody waits for a child: it stays a zombie
		}
		return p.await(ctx)
	case scenario.Stop:
		if err := p.signal(unix.SIGSTOP); err != nil {
			return err
		}
		return p.untilStopped(ctx)
	case scenario.Continue:
		return p.signal(unix.SIGCONT)
	}
	return fmt.Errorf("no control %q", c.Do)
}

func (p *program) signal(sig syscall.Signal) error {
	switch {
	case p.child > 0:
		return unix.Kill(p.child, sig)
	case p.process != nil:
		return p.process.Signal(sig)
	}
	return fmt.Errorf("%s is not running", p.spec.Name)
}

// untilStopped waits until the process is stopped. The signal is taken by one of
// its threads, when that runs next; until then another one goes on, and would
// close what the next step wants to be left open.
func (p *program) untilStopped(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, endTime)
	defer cancel()
	for {
		switch p.condition() {
		case "stopped":
			return nil
		case "gone", "zombie":
			return fmt.Errorf("%s ended instead of stopping", p.spec.Name)
		}
		if err := sleep(ctx, eager); err != nil {
			return fmt.Errorf("%s does not stop: %w", p.spec.Name, err)
		}
	}
}

// endTime is how long a process may take to end once it was told to. One that
// is stopped does not hear it.
const endTime = 30 * time.Second

// await waits until the process has ended. A child stays a zombie.
func (p *program) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, endTime)
	defer cancel()
	for {
		if c := p.condition(); c == "zombie" && p.child > 0 || c == "gone" {
			return nil
		}
		if err := sleep(ctx, eager); err != nil {
			return fmt.Errorf("%s does not end: %w", p.spec.Name, err)
		}
	}
}
