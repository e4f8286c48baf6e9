package journal

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// applyGuarded applies with a real guard, and stays until it is killed. The
// folder of the cell says how guards are started.
func (c *cell) applyGuarded() error {
	j := c.journal()
	l := Guards(j.Dir, func(int) []string { return nil })
	l.Booted, l.SystemdRun = filepath.Join(c.dir, "booted"), filepath.Join(c.dir, "systemd-run")
	j.Launch = func(ctx context.Context, id int) error {
		if err := os.Setenv(childEnv, "guard "+c.dir); err != nil {
			return err
		}
		return l.Launch(ctx, id)
	}
	t, err := c.tree()
	if err != nil {
		return err
	}
	p := c.plan()
	p.ConfirmWithin = time.Second
	if _, err := j.Apply(context.Background(), p, t); err != nil {
		return err
	}
	fmt.Println("applied")
	time.Sleep(time.Hour) // without cgo "select {}" is taken for a deadlock
	return nil
}

// imitation is a systemd-run that starts what it is told to.
const imitation = `#!/bin/sh
echo "$@" > "${0%/*}/args"
while [ "$1" != -- ]; do shift; done
shift
setsid "$@" &
`

func TestKernelTheGuardOutlivesItsMakersSessionAndTakesTheChangeBack(t *testing.T) {
	for name, script := range map[string]string{
		"without systemd": "", "with systemd": imitation, "systemd-run fails": "#!/bin/sh\nexit 1\n",
		"systemd-run cannot be run": "nonsense",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath("setsid"); script == imitation && err != nil {
				t.Skip("the imitation needs setsid(1) and a shell")
			}
			inCell(t, func(c *cell) {
				c.reset(t, false)
				old := c.state(t)
				if script != "" {
					must(t, os.Mkdir(filepath.Join(c.dir, "booted"), 0o755))
					must(t, os.WriteFile(filepath.Join(c.dir, "systemd-run"), []byte(script), 0o755))
				}
				cmd := exec.Command("/proc/self/exe")
				cmd.Env = append(os.Environ(), childEnv+"=apply-guarded "+c.dir)
				cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
				out, err := cmd.StdoutPipe()
				must(t, err)
				must(t, cmd.Start())
				line, _ := bufio.NewReader(out).ReadString('\n')
				if line != "applied\n" {
					t.Errorf("%s", line)
				}
				// As when the terminal hangs up, and then the rest of the session
				// is killed: the leader is its process group.
				for _, sig := range []unix.Signal{unix.SIGHUP, unix.SIGKILL} {
					_ = unix.Kill(-cmd.Process.Pid, sig)
				}
				_ = cmd.Wait()
				j := c.journal()
				for watched(j.Dir, 1) {
					time.Sleep(10 * time.Millisecond)
				}
				if e, err := j.load(1); err != nil || e.State != Undone || !c.state(t).equal(old) {
					t.Errorf("%v, %v: %v", e, err, c.state(t))
				}
				if args, err := os.ReadFile(filepath.Join(c.dir, "args")); script == imitation && (err != nil || !strings.Contains(string(args), "--unit=linger-guard-1")) {
					t.Errorf("systemd-run got %q, %v", args, err)
				}
			})
		})
	}
}

func TestKernelAGuardThatEndsAtOnceIsNoGuard(t *testing.T) {
	t.Parallel()
	l := Guards(t.TempDir(), func(int) []string { return []string{"-test.run=^$"} })
	l.Booted = filepath.Join(l.Dir, "none")
	if err := l.Launch(t.Context(), 1); err == nil {
		t.Error("started")
	}
}
