package workload

import (
	"context"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/tcp"
)

// puppet is a calls program, or a child of one, that a test plays with.
type puppet struct {
	t *testing.T
	*netlab.Process
	*Driver
	kids map[string]*Driver
}

// hire starts a calls program on a host.
func hire(t *testing.T, h *netlab.Host, kids ...string) *puppet {
	t.Helper()
	p := &puppet{t: t, kids: map[string]*Driver{}}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), programEnv+"=calls")
	cmd.Stderr = os.Stderr
	var theirs []*os.File
	wire := func() (*Driver, *os.File, *os.File) {
		in, toIn, err := os.Pipe()
		check(t, err)
		fromOut, out, err := os.Pipe()
		check(t, err)
		t.Cleanup(func() { _, _ = toIn.Close(), fromOut.Close() })
		theirs = append(theirs, in, out)
		return NewDriver(toIn, fromOut), in, out
	}
	var in, out *os.File
	p.Driver, in, out = wire()
	cmd.Stdin, cmd.Stdout = in, out
	if len(kids) > 0 {
		cmd.Args = append(cmd.Args, "-children="+strings.Join(kids, ","))
	}
	for _, kid := range kids {
		d, in, out := wire()
		p.kids[kid] = d
		cmd.ExtraFiles = append(cmd.ExtraFiles, in, out)
	}
	var err error
	p.Process, err = h.Start(cmd)
	for _, f := range theirs {
		_ = f.Close()
	}
	check(t, err)
	if _, err := p.Started(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

// try makes a request, such as try(Read, "c", Request{EOF: true}), and returns
// its answer.
func try(t *testing.T, d *Driver, call Call, socket string, r Request) Answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r.Call, r.Socket = call, socket
	a, err := d.Do(ctx, r)
	check(t, err)
	return a
}

// must makes a request that must succeed.
func must(t *testing.T, d *Driver, call Call, socket string, r Request) Answer {
	t.Helper()
	a := try(t, d, call, socket, r)
	if a.Errno != "" {
		t.Fatalf("%s %s: %s", call, socket, a.Error)
	}
	return a
}

// fails makes a request that must fail.
func fails(t *testing.T, errno string, d *Driver, call Call, socket string, r Request) Answer {
	t.Helper()
	a := try(t, d, call, socket, r)
	if a.Errno != errno {
		t.Fatalf("%s %s: got %q (%s), want %s", call, socket, a.Errno, a.Error, errno)
	}
	return a
}

// becomes waits until a socket is in a state.
func becomes(t *testing.T, d *Driver, socket string, want tcp.State) Answer {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		a := must(t, d, Info, socket, Request{})
		if tcp.State(a.State) == want {
			return a
		}
		if time.Now().After(end) {
			t.Fatalf("%s is in %v, not %v", socket, tcp.State(a.State), want)
		}
	}
}

func at(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// service is an address of the server of pair.
var service = at("10.1.0.2:80")

// joined returns two programs with the connection c on the client and s on the
// server, which the socket l has accepted.
func joined(t *testing.T, client, server Options) (c, s *puppet) {
	t.Helper()
	from, to := pair(t)
	c, s = hire(t, from), hire(t, to)
	must(t, s.Driver, Listen, "l", Request{At: service, Options: server})
	a := must(t, c.Driver, Connect, "c", Request{To: service, Await: true, Options: client})
	if a.Remote != service || a.Local.Addr() != at("10.1.0.1:0").Addr() || len(a.Ports) != 1 || a.Ports[0] != a.Local.Port() {
		t.Errorf("connect answered %+v", a)
	}
	if b := must(t, s.Driver, Accept, "s", Request{Of: "l"}); b.Remote != a.Local || b.Local != service {
		t.Errorf("accept answered %+v", b)
	}
	return c, s
}

// rows returns the lines of /proc/net/tcp of a host that contain a word, split
// into fields: state in 3, timer in 5, user in 7.
//
// A socket is listed twice if another comes into its bucket between two reads,
// each of which goes on at the same place of the bucket (tcp_seek_last_pos).
func rows(t *testing.T, h *netlab.Host, word string) (rows [][]string) {
	t.Helper()
	var text []byte
	check(t, h.Do(func() (err error) {
		text, err = os.ReadFile("/proc/thread-self/net/tcp")
		return err
	}))
	const inode = 9
	seen := make(map[string]bool)
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line, word) {
			continue
		}
		row := strings.Fields(line)
		if seen[row[inode]] {
			continue
		}
		seen[row[inode]] = row[inode] != "0" // that of mini-sockets, which belong to no process
		rows = append(rows, row)
	}
	return rows
}

// serviceRow is how /proc/net/tcp writes service.
const serviceRow = " 0200010A:0050 "
