package lacking

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
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A child is a process with sockets, in control groups of its own: this test
// binary, run once more.

const childPlan = "LINGER_CHILD"

// child is the plan of one.
type child struct {
	Cgroups []string // folders that it moves into first
	MPTCP   bool     // asks for MPTCP, as Go does for listeners where it is not told
	// PlainClient: only the listener asks for MPTCP.
	PlainClient bool
}

func TestMain(m *testing.M) {
	if plan := os.Getenv(childPlan); plan != "" {
		if err := behave(plan, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// behave does what a child is told, a line such as "open PORT N" at a time, and
// answers each with a line.
func behave(text string, in io.Reader, out io.Writer) error {
	var plan child
	if err := json.Unmarshal([]byte(text), &plan); err != nil {
		return err
	}
	for _, dir := range plan.Cgroups {
		if err := os.WriteFile(dir+"/cgroup.procs", []byte("0"), 0); err != nil {
			return err
		}
	}
	listeners := map[string]net.Listener{}
	var open []net.Conn // what is in it stays open
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var verb, port string
		n := 0
		if _, err := fmt.Sscan(lines.Text(), &verb, &port, &n); err != nil {
			return err
		}
		if listeners[port] == nil {
			var config net.ListenConfig
			config.SetMultipathTCP(plan.MPTCP)
			l, err := config.Listen(context.Background(), "tcp4", "127.0.0.1:"+port)
			if err != nil {
				return err
			}
			listeners[port] = l
		}
		if verb == "wait" {
			time.Sleep(time.Duration(n) * 50 * time.Millisecond)
			n = 0
		}
		for range n {
			client, server, err := pair(listeners[port], plan.MPTCP && !plan.PlainClient)
			if err != nil {
				return err
			}
			switch verb {
			case "open":
				open = append(open, client, server)
			case "spend": // the client closes first, so its end lingers
				err = closeFirst(client, server)
			default:
				err = closeFirst(server, client)
			}
			if err != nil {
				return err
			}
		}
		protocol, err := protocolOf(listeners[port])
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, "done", protocol); err != nil {
			return err
		}
	}
	runtime.KeepAlive(open) // what nobody refers to, the runtime would close
	return nil
}

// protocolOf returns the number of a listener's protocol.
func protocolOf(l net.Listener) (protocol int, err error) {
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		return 0, err
	}
	controlled := raw.Control(func(fd uintptr) {
		protocol, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_PROTOCOL)
	})
	return protocol, errors.Join(controlled, err)
}

func pair(l net.Listener, multipath bool) (client, server net.Conn, err error) {
	var dialer net.Dialer
	dialer.SetMultipathTCP(multipath)
	if client, err = dialer.Dial("tcp4", l.Addr().String()); err != nil {
		return nil, nil, err
	}
	server, err = l.Accept()
	return client, server, err
}

// closeFirst leaves a TIME_WAIT at the end that closes first.
func closeFirst(first, then net.Conn) error {
	if err := first.Close(); err != nil {
		return err
	}
	if _, err := then.Read(make([]byte, 1)); err != io.EOF {
		return fmt.Errorf("the other end reads %v", err)
	}
	return then.Close()
}

// process is a running child.
type process struct {
	PID int
	t   *testing.T
	in  io.WriteCloser
	out *bufio.Reader
	cmd *exec.Cmd
}

// start runs a child, until the end of the test at the latest.
func (c child) start(t *testing.T) *process {
	t.Helper()
	plan, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childPlan+"="+string(plan))
	cmd.Stderr = os.Stdout
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd.Process.Pid, t, in, bufio.NewReader(out), cmd}
	t.Cleanup(p.end)
	return p
}

// does tells the child to "open" n connections with its port, or to open and
// "close" them at the server's end first, or "spend" them at the client's; or to
// "wait" n times a twentieth of a second. It returns the number of the protocol
// that the port's listener has.
func (p *process) does(verb string, port, n int) (protocol int) {
	p.t.Helper()
	if _, err := fmt.Fprintln(p.in, verb, port, n); err != nil {
		p.t.Fatal(err)
	}
	line, err := p.out.ReadString('\n')
	if err == nil {
		_, err = fmt.Sscanf(line, "done %d", &protocol)
	}
	if err != nil {
		p.t.Fatalf("the child answers %q, %v", line, err)
	}
	return protocol
}

// end ends the child, which closes what it has open. It may be called again.
func (p *process) end() {
	_ = p.in.Close()
	_ = p.cmd.Wait()
}
