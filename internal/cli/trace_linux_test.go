package cli_test

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/linger-dev/linger/internal/workload"
)

// needTracer skips where BPF is refused.
func needTracer(t *testing.T, path string) {
	t.Helper()
	needNamespaces(t)
	out, err := exec.Command(path, "trace", "--for", "1ms").CombinedOutput()
	if exitStatus(t, err) != 0 {
		t.Skipf("cannot trace here: %s", out)
	}
}

// play is connections between a client and a server, and what the trace must
// say of their ends.
type play struct {
	*stage
	server *player
	at     netip.AddrPort
	n      int
	want   map[string]string // by local and remote address
}

// join makes a connection.
func (y *play) join(client *player) (mine, theirs string, local netip.AddrPort) {
	y.t.Helper()
	y.n++
	mine, theirs = fmt.Sprint("c", y.n), fmt.Sprint("s", y.n)
	local = client.must(workload.Request{Call: workload.Connect, Socket: mine, To: y.at, Await: true}).Local
	y.server.must(workload.Request{Call: workload.Accept, Socket: theirs, Of: "l"})
	return mine, theirs, local
}

func (y *play) expect(local netip.AddrPort, ours, theirs string) {
	y.want[fmt.Sprintf("%v -> %v", local, y.at)] = ours
	y.want[fmt.Sprintf("%v -> %v", y.at, local)] = theirs
}

func (p *player) String() string { return fmt.Sprintf("calls %d", p.proc.PID()) }

// clientFirst returns the end that sends 100 bytes.
func (y *play) clientFirst(c *player) netip.AddrPort {
	y.t.Helper()
	mine, theirs, local := y.join(c)
	c.must(workload.Request{Call: workload.Write, Socket: mine, Bytes: 100})
	y.server.must(workload.Request{Call: workload.Read, Socket: theirs, Bytes: 100})
	c.must(workload.Request{Call: workload.Close, Socket: mine})
	y.server.must(workload.Request{Call: workload.Close, Socket: theirs})
	y.expect(local,
		fmt.Sprintf("connect, first us, how close 0, end TIME_WAIT, opener %v, closer %v", c, c),
		fmt.Sprintf("accept, first them, how close 0, end LAST_ACK, opener %v, closer %v", y.server, y.server))
	return local
}

func (y *play) serverShutsDown(c *player) {
	y.t.Helper()
	mine, theirs, local := y.join(c)
	y.server.must(workload.Request{Call: workload.Shutdown, Socket: theirs})
	c.must(workload.Request{Call: workload.Read, Socket: mine, EOF: true})
	c.must(workload.Request{Call: workload.Close, Socket: mine})
	y.server.must(workload.Request{Call: workload.Close, Socket: theirs})
	y.expect(local,
		fmt.Sprintf("connect, first them, how close 0, end LAST_ACK, opener %v, closer %v", c, c),
		fmt.Sprintf("accept, first us, how shutdown 0, end TIME_WAIT, opener %v, closer %v", y.server, y.server))
}

func (y *play) clientResets(c *player) {
	y.t.Helper()
	mine, theirs, local := y.join(c)
	c.must(workload.Request{Call: workload.Abort, Socket: mine})
	y.server.do(workload.Request{Call: workload.Read, Socket: theirs, Bytes: 1})
	y.server.must(workload.Request{Call: workload.Close, Socket: theirs})
	y.expect(local,
		fmt.Sprintf("connect, first reset by us, how close 0, end reset sent, opener %v, closer %v", c, c),
		fmt.Sprintf("accept, first reset by them, how unknown 0, end reset received, opener %v, closer  0", y.server))
}

func (y *play) clientIsKilled(victim *player) {
	y.t.Helper()
	_, theirs, local := y.join(victim)
	victim.proc.Kill()
	_ = victim.proc.Wait()
	y.server.must(workload.Request{Call: workload.Read, Socket: theirs, EOF: true})
	y.server.must(workload.Request{Call: workload.Close, Socket: theirs})
	y.expect(local,
		fmt.Sprintf("connect, first us, how signal 9, end TIME_WAIT, opener %v, closer %v", victim, victim),
		fmt.Sprintf("accept, first them, how close 0, end LAST_ACK, opener %v, closer %v", y.server, y.server))
}

// met compares a line with what is expected of it.
func (y *play) met(l *traced) {
	y.t.Helper()
	if l.How != "shutdown" && l.End == "FIN_WAIT2" {
		l.End = "TIME_WAIT" // the server's FIN came too late to be seen; nobody had the socket any more
	}
	tuple, rest, _ := strings.Cut(l.String(), ": ")
	if w, ok := y.want[tuple]; ok && w != rest {
		y.t.Errorf("%s:\ngot  %s\nwant %s", tuple, rest, w)
	}
	delete(y.want, tuple)
}

func TestKernelATraceNamesWhoClosedAndHow(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	server, client, victim := s.player(), s.player(), s.player()
	y := &play{stage: s, server: server, at: netip.MustParseAddrPort("127.0.0.1:80"), want: map[string]string{}}
	server.must(workload.Request{Call: workload.Listen, Socket: "l", At: y.at, Backlog: 16}) // older than the tracer
	s.watch(client)
	s.until(func() { y.clientFirst(client) })
	clear(y.want) // who listens may not have been known yet

	sender := y.clientFirst(client)
	y.serverShutsDown(client)
	y.clientResets(client)
	y.clientIsKilled(victim)

	lines, last := s.end()
	for i := range lines {
		l := &lines[i]
		y.met(l)
		if l.Src == sender && l.Sent != 100 || l.Dst == sender && l.Received != 100 {
			t.Errorf("%d bytes sent, %d received, want 100", l.Sent, l.Received)
		}
		if l.Closer.PID == client.proc.PID() && strings.Join(l.Closer.Cmdline, " ") != s.path+" workload calls" {
			t.Errorf("the client's command line is %q", l.Closer.Cmdline)
		}
	}
	for tuple := range y.want {
		t.Errorf("no line about %s", tuple)
	}
	closed := len(lines) + 1 // until took one
	if last.Schema != "linger.trace/1" || last.Total.Closed != closed || last.Traced.Closed != closed || last.Traced.Lost != 0 || last.Total.Processes != 3 {
		t.Errorf("%d lines, and the end says %+v", closed, last)
	}
}

func TestKernelFailuresAreToldWithTheirPort(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	if err := s.host.Sysctl("net.ipv4.ip_local_port_range", "40000 40000"); err != nil {
		t.Fatal(err)
	}
	server, client := s.player(), s.player()
	at := netip.MustParseAddrPort("127.0.0.1:80")
	server.must(workload.Request{Call: workload.Listen, Socket: "l", At: at, Backlog: 16})
	client.must(workload.Request{Call: workload.Connect, Socket: "only", To: at, Await: true})
	s.watch(client, "--failures")
	failed := 0
	first := s.until(func() {
		failed++
		if a := client.do(workload.Request{Call: workload.Connect, Socket: "more", To: at, Await: true}); a.Errno != "EADDRNOTAVAIL" {
			t.Fatalf("connect without a port: %q", a.Errno)
		}
	})
	if first.Schema != "linger.failed-call/1" || first.Call != "connect" || first.Errno != "EADDRNOTAVAIL" || first.Addr != at ||
		first.Owner.Name != "calls" || first.Owner.PID != client.proc.PID() || first.Count < 1 || first.Count > failed {
		t.Errorf("after %d failures: %+v", failed, first)
	}
	if a := client.do(workload.Request{Call: workload.Bind, Socket: "b", At: at}); a.Errno != "EADDRINUSE" {
		t.Fatalf("bind to a port in use: %q", a.Errno)
	}
	lines, last := s.end()
	if last.Schema != "linger.trace/1" || len(last.FailedCalls) == 0 || last.FailedCalls[0].Count < first.Count {
		t.Errorf("the end: %+v", last)
	}
	t.Run("bind", func(t *testing.T) {
		for _, g := range last.Traced.Gaps {
			if strings.Contains(g.What, "sys_enter_bind") {
				t.Skip(g.What)
			}
		}
		bound := false
		for _, l := range lines {
			bound = bound || l.Call == "bind" && l.Errno == "EADDRINUSE" && l.Addr == at && l.Owner.PID == client.proc.PID()
		}
		if !bound {
			t.Errorf("no line about bind among %+v", lines)
		}
	})
}

// `linger trace | head -1` has what it wants before anything closes.
func TestKernelATraceEndsQuietlyWhenNobodyReads(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	idle := s.player()
	for _, flag := range []string{"--failures=false", "--failures"} {
		cmd := exec.Command(s.path, "trace", "--netns", strconv.Itoa(idle.proc.PID()), flag)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		title := make([]byte, len("TIME"))
		if _, err := io.ReadFull(out, title); err != nil || string(title) != "TIME" {
			t.Errorf("%q, %v", title, err)
		}
		out.Close()
		if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
			t.Errorf("%s: %v, standard error %q", flag, err, &stderr)
		}
	}
}

func TestKernelATraceSaysWhyItIsNotAllowed(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user")
	}
	path := binary(t)
	needTracer(t, path) // or the reason would be another
	cmd := exec.Command(path, "trace")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if got := exitStatus(t, err); got != 3 || len(lines) != 2 || !strings.Contains(lines[0], "CAP_BPF") || lines[1] != "linger: hint: sudo linger trace" {
		t.Errorf("exit status %d: %q", got, out)
	}
}
