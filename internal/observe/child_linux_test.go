package observe_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/observe"
)

// childVar makes the test's binary one of the programs below.
const childVar = "LINGER_OBSERVE_TEST_CHILD"

func TestMain(m *testing.M) {
	what, at, _ := strings.Cut(os.Getenv(childVar), " ")
	var err error
	switch what {
	case "":
		os.Exit(m.Run())
	case "hoard":
		err = hoard(at)
	case "hold":
		err = ready()
	case "visit":
		err = visit(at)
	case "look":
		err = lookAndTell()
	default:
		err = errors.New("no such program")
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// ready tells the test so, and waits to be killed or for the end of input.
func ready() error {
	fmt.Println("ready")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// hoard accepts connections and never closes one. On SIGUSR1 it starts a
// child that inherits the listener and all connections.
func hoard(at string) error {
	l, err := net.Listen("tcp", at)
	if err != nil {
		return err
	}
	inherited := make(chan []*os.File, 1)
	go func() {
		file, err := l.(*net.TCPListener).File()
		files := []*os.File{file}
		for err == nil {
			var conn net.Conn
			if conn, err = l.Accept(); err != nil {
				break
			}
			if file, err = conn.(*net.TCPConn).File(); err != nil {
				break
			}
			files = append(files, file)
			inherited <- files
		}
		fmt.Println(err)
		os.Exit(1)
	}()
	fork := make(chan os.Signal, 1)
	signal.Notify(fork, unix.SIGUSR1)
	fmt.Println("ready")
	<-fork
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), childVar+"=hold")
	cmd.ExtraFiles = <-inherited
	cmd.Stdout, cmd.Stdin = os.Stdout, os.Stdin
	if err := cmd.Start(); err != nil {
		return err
	}
	fmt.Println(cmd.Process.Pid)
	return cmd.Wait()
}

// visit opens connection after connection, and closes each first.
func visit(at string) error {
	fmt.Println("ready")
	for {
		conn, err := net.Dial("tcp", at)
		if err != nil {
			return err
		}
		time.Sleep(100 * time.Millisecond) // longer than a busy machine reads /proc
		if err := conn.Close(); err != nil {
			return err
		}
	}
}

// lookAndTell is linger in small: it looks at its own namespace.
func lookAndTell() error {
	o, err := observe.Open(observe.Options{Deep: true})
	if err != nil {
		return err
	}
	defer o.Close()
	snap, err := o.Look(context.Background())
	if err != nil {
		return err
	}
	every := func(string, evidence.Key) bool { return true }
	if err := o.Resolve(context.Background(), snap, every); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(snap)
}

// program is a child on a host.
type program struct {
	*netlab.Process
	out *bufio.Reader
}

// start starts a child and waits until it is ready. Its input is open until
// the test ends.
func start(t *testing.T, host *netlab.Host, what string) program {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), childVar+"="+what)
	in, input, err := os.Pipe()
	must(t, err)
	out, output, err := os.Pipe()
	must(t, err)
	t.Cleanup(func() { _, _ = input.Close(), out.Close() })
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, output, os.Stderr
	p, err := host.Start(cmd)
	_, _ = in.Close(), output.Close()
	must(t, err)
	child := program{p, bufio.NewReader(out)}
	if line := child.line(t); line != "ready" {
		t.Fatalf("%s: %s", what, line)
	}
	return child
}

// line returns what the child says next.
func (p program) line(t *testing.T) string {
	t.Helper()
	line, err := p.out.ReadString('\n')
	must(t, err)
	return strings.TrimSuffix(line, "\n")
}
