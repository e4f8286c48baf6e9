package tracer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestKernelTwoCapabilitiesAreEnoughToTraceExactly(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	openTracer(t, Options{Namespace: l.ns}) // or skip
	cmd := agent("modest")
	l.modest(cmd)
	_, out, stop := l.startCommand(cmd)
	text, err := io.ReadAll(out)
	stop()
	t.Logf("%s", text)
	if err != nil || !strings.Contains(string(text), "every connection was seen") {
		t.Errorf("%s, %v", text, err)
	}
}

// modest lets an agent run as nobody with two capabilities.
func (l *lab) modest(cmd *exec.Cmd) {
	l.t.Helper()
	own := filepath.Dir(l.truth)
	if err := errors.Join(os.Chmod(filepath.Dir(own), 0o755), os.Chmod(own, 0o777)); err != nil {
		l.t.Fatal(err)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential:  &syscall.Credential{Uid: 65534, Gid: 65534},
		AmbientCaps: []uintptr{unix.CAP_BPF, unix.CAP_PERFMON},
	}
}

func TestKernelATracerThatIsOpenNeedsNoPrivileges(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	openTracer(t, Options{Namespace: l.ns}) // or skip
	text := l.dropAndTrace(agent("dropper"))
	if strings.Contains(text, "built with cgo") {
		cmd := agent("dropper")
		cmd.Path = withoutCgo(t)
		text = l.dropAndTrace(cmd)
	}
	if !strings.Contains(text, "every connection was seen") {
		t.Errorf("%s", text)
	}
}

func (l *lab) dropAndTrace(cmd *exec.Cmd) string {
	l.t.Helper()
	_, out, stop := l.startCommand(cmd)
	text, err := io.ReadAll(out)
	stop()
	if err != nil {
		l.t.Fatal(err)
	}
	return string(text)
}

// withoutCgo builds the agents as the released program is built.
func withoutCgo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "agents")
	cmd := exec.Command("go", "test", "-c", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("needs a build without cgo: %v: %s", err, out)
	}
	return path
}

// traceModestly traces itself with the rights that it has.
func traceModestly(*witness) error {
	tr, err := openHere()
	if err != nil {
		return err
	}
	defer tr.Close()
	if err := mayOnly(1<<unix.CAP_BPF | 1<<unix.CAP_PERFMON); err != nil {
		return err
	}
	_, err = handlerAddress(kallsyms)
	fmt.Println("symbol table:", err)
	c, err := tr.Coverage()
	for _, gap := range c.Gaps() {
		fmt.Println("gap:", gap)
	}
	return errors.Join(err, traceItself(tr))
}

// traceAndDrop opens a tracer, drops all, and traces itself.
func traceAndDrop(*witness) error {
	for range 4 { // threads that are there before
		go func() {
			runtime.LockOSThread()
			select {}
		}()
	}
	tr, err := openHere()
	if err != nil {
		return err
	}
	defer tr.Close()
	if err := DropPrivileges(); errors.Is(err, errors.ErrUnsupported) {
		fmt.Println("built with cgo:", err)
		return nil
	} else if err != nil {
		return err
	}
	if err := mayOnly(0); err != nil {
		return err
	}
	var no *UnavailableError
	if another, err := Open(Options{}); !errors.As(err, &no) {
		return fmt.Errorf("a new tracer was opened: %v, %w", another, err)
	}
	if err := tr.AddListener(Listener{Addr: netip.IPv4Unspecified(), Port: 1}); err != nil {
		return err
	}
	if _, err := tr.Failures(); err != nil {
		return err
	}
	return traceItself(tr)
}

func openHere() (*Tracer, error) {
	ns, err := NamespaceCookie()
	if err != nil {
		return nil, err
	}
	return Open(Options{Namespace: ns, Records: true})
}

// mayOnly looks at all threads.
func mayOnly(capabilities uint64) error {
	threads, err := filepath.Glob("/proc/self/task/*/status")
	if err != nil || len(threads) < 2 {
		return fmt.Errorf("%d threads, %w", len(threads), err)
	}
	for _, thread := range threads {
		text, err := os.ReadFile(thread)
		if errors.Is(err, os.ErrNotExist) {
			continue
		} else if err != nil {
			return err
		}
		if bytes.Contains(text, []byte("FDSize:\t0\n")) {
			continue // it is ending, and runs nothing more of ours: see onItsOwnThread
		}
		for _, kind := range []string{"CapPrm", "CapEff"} {
			if line := fmt.Sprintf("%s:\t%016x\n", kind, capabilities); !bytes.Contains(text, []byte(line)) {
				return fmt.Errorf("%s is not %s%s", thread, line, text)
			}
		}
		if capabilities == 0 && !(bytes.Contains(text, []byte("CapBnd:\t0000000000000000\n")) && bytes.Contains(text, []byte("NoNewPrivs:\t1\n"))) {
			return fmt.Errorf("%s can get more:\n%s", thread, text)
		}
	}
	return nil
}

func TestOnTheirOwnThreadChangesStayWithNobody(t *testing.T) {
	t.Parallel()
	name := func() (string, error) {
		text, err := os.ReadFile("/proc/thread-self/comm")
		return string(text), err
	}
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			err := onItsOwnThread(func() error {
				if unix.Gettid() == unix.Getpid() {
					return errors.New("the first thread cannot end")
				}
				return unix.Prctl(unix.PR_SET_NAME, uintptr(namePointer("changed")), 0, 0, 0)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got, err := name(); err != nil || strings.Contains(got, "changed") {
		t.Errorf("%q, %v", got, err)
	}
}
