package workload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/tcp"
)

// programEnv makes the test binary run a program, as linger's hidden
// subcommand does.
const programEnv = "WORKLOAD_PROGRAM"

func TestMain(m *testing.M) {
	name := os.Getenv(programEnv)
	if name == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := Run(ctx, name, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// remote is a program in a process of its own on a private host.
type remote struct {
	*netlab.Process
	events *json.Decoder
}

func launch(t *testing.T, h *netlab.Host, name string, args ...string) *remote {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), programEnv+"="+name)
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	p, err := h.Start(cmd)
	_ = out.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	return &remote{Process: p, events: json.NewDecoder(in)}
}

func (r *remote) await(t *testing.T, k Kind) Event {
	t.Helper()
	for {
		var e Event
		if err := r.events.Decode(&e); errors.Is(err, io.EOF) {
			t.Fatalf("program ended without %q", k)
		} else if err != nil {
			t.Fatal(err)
		}
		if e.Kind == k {
			return e
		}
	}
}

// pair returns two joined hosts, 10.1.0.1 and 10.1.0.2.
func pair(t *testing.T) (client, server *netlab.Host) {
	t.Helper()
	w, err := netlab.New()
	var no *netlab.PrivilegeError
	if errors.As(err, &no) {
		t.Skipf("needs private namespaces: %v; %s", err, no.Hint)
	}
	check(t, err)
	t.Cleanup(func() { check(t, w.Close()) })
	client, err = w.Host("client")
	check(t, err)
	server, err = w.Host("server")
	check(t, err)
	check(t, w.Join(client, server,
		[]netip.Prefix{netip.MustParsePrefix("10.1.0.1/24")}, []netip.Prefix{netip.MustParsePrefix("10.1.0.2/24")}))
	return client, server
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The client that closes first can open as many connections as the range has
// ports, and then none for a minute (__inet_hash_connect).
func TestKernelShortClientRunsOutOfExactlyItsPorts(t *testing.T) {
	t.Parallel()
	client, server := pair(t)
	check(t, client.Sysctl("net.ipv4.ip_local_port_range", "40000 40019"))
	check(t, client.Sysctl("net.ipv4.tcp_tw_reuse", "0"))
	launch(t, server, "echo-server", "-addr=10.1.0.2:80").await(t, Started)
	c := launch(t, client, "short-client", "-target=10.1.0.2:80", "-count=25")
	if e := c.await(t, Failed); e.Errno != "EADDRNOTAVAIL" || e.Answered != 20 {
		t.Errorf("first failure: %+v", e)
	}
	if e := c.await(t, Done); e.Answered != 20 || e.Errnos["EADDRNOTAVAIL"] != 5 {
		t.Errorf("end: %+v", e)
	}
	check(t, c.Wait())
	pop, err := client.Population()
	check(t, err)
	if pop[netlab.IPv4][tcp.TimeWait] != 20 {
		t.Errorf("population: %v", pop)
	}
	k := launch(t, client, "short-client", "-target=10.1.0.2:81", "-count=1")
	if e := k.await(t, Failed); e.Errno != "ECONNREFUSED" {
		t.Errorf("another destination has its own budget: %+v", e)
	}
}

// A stopped process does not close, but its kernel still accepts.
func TestKernelStoppedServerLeaksCloseWait(t *testing.T) {
	t.Parallel()
	client, server := pair(t)
	s := launch(t, server, "echo-server", "-addr=10.1.0.2:80")
	s.await(t, Started)
	check(t, s.Signal(syscall.SIGSTOP))
	c := launch(t, client, "short-client", "-target=10.1.0.2:80", "-count=3", "-timeout=500ms")
	if e := c.await(t, Done); e.Errnos["timeout"] != 3 || e.Opened != 3 {
		t.Errorf("client: %+v", e)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		pop, err := server.Population()
		check(t, err)
		if pop[netlab.IPv4][tcp.CloseWait] == 3 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("population: %v", pop)
		}
	}
}
