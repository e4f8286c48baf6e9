package tracer

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/observe/sockdiag"
	"github.com/linger-dev/linger/internal/tcp"
)

// lab is a private host with agents on it.
type lab struct {
	t     *testing.T
	world *netlab.World
	host  *netlab.Host
	ns    uint64 // its cookie
	truth string // the file that the agents write to
	ports string
}

func newLab(t *testing.T) *lab {
	t.Helper()
	world, err := netlab.New()
	if err != nil {
		t.Skipf("needs private namespaces: %v", err)
	}
	t.Cleanup(func() {
		if err := world.Close(); err != nil {
			t.Error(err)
		}
	})
	l := &lab{t: t, world: world, truth: filepath.Join(t.TempDir(), "truth")}
	if l.host, err = world.Host("h"); err != nil {
		t.Fatal(err)
	}
	if err := l.host.Sysctl("net.ipv4.ip_local_port_range", "2000 65000"); err != nil {
		t.Fatal(err)
	}
	err = l.host.Do(func() (err error) {
		l.ns, err = NamespaceCookie()
		return err
	})
	if errors.Is(err, unix.ENOPROTOOPT) {
		t.Skip("namespaces have no cookies before Linux 5.14")
	}
	if old := new(UnavailableError); errors.As(err, &old) {
		t.Skipf("cannot trace here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// start runs an agent; the returned function tells it to stop by ending its
// input, and waits for it.
func (l *lab) start(name string, env ...string) (*netlab.Process, io.Reader, func()) {
	l.t.Helper()
	return l.startCommand(agent(name, env...))
}

// startCommand is start for an agent to which something is special.
func (l *lab) startCommand(cmd *exec.Cmd) (*netlab.Process, io.Reader, func()) {
	l.t.Helper()
	cmd.Env = append(cmd.Env, truthEnv+"="+l.truth, portsEnv+"="+l.ports)
	inRead, inWrite, err := os.Pipe()
	if err != nil {
		l.t.Fatal(err)
	}
	outRead, outWrite, err := os.Pipe()
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { inWrite.Close(); outRead.Close() })
	cmd.Stdin, cmd.Stdout = inRead, outWrite
	p, err := l.host.Start(cmd)
	inRead.Close()
	outWrite.Close()
	if err != nil {
		l.t.Fatal(err)
	}
	return p, outRead, func() {
		l.t.Helper()
		inWrite.Close()
		if err := p.Wait(); err != nil && cmd.Args[0] != "victim" {
			l.t.Fatalf("%s: %v", cmd.Args[0], err)
		}
	}
}

// serve starts a server on the ports that the first one got.
func (l *lab) serve(env ...string) (pid int, stop func()) {
	l.t.Helper()
	p, out, stop := l.start("server", env...)
	var ports [2]int
	if _, err := fmt.Fscan(out, &ports[0], &ports[1]); err != nil {
		l.t.Fatalf("server: %v", err)
	}
	l.ports = fmt.Sprint(ports[0], " ", ports[1])
	return p.PID(), stop
}

// run runs agents at the same time to their end.
func (l *lab) run(agents ...[]string) {
	l.t.Helper()
	var stops []func()
	for _, a := range agents {
		_, _, stop := l.start(a[0], a[1:]...)
		stops = append(stops, stop)
	}
	for _, stop := range stops {
		stop()
	}
}

// minis dumps the mini-sockets of the host.
func (l *lab) minis() (rows []evidence.Socket) {
	l.t.Helper()
	err := l.host.Do(func() error {
		client, err := sockdiag.Open()
		if err != nil {
			return err
		}
		defer client.Close()
		_, err = client.Dump(l.t.Context(), sockdiag.Request{States: tcp.States(tcp.TimeWait, tcp.FinWait2)}, func(s *evidence.Socket) error {
			if s.Mini() {
				rows = append(rows, *s)
			}
			return nil
		}, func() { rows = nil })
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return rows
}

// established counts the sockets of the host that are open on both sides.
func (l *lab) established() int {
	l.t.Helper()
	pop, err := l.host.Population()
	if err != nil {
		l.t.Fatal(err)
	}
	n := 0
	for _, family := range pop {
		n += family[tcp.Established]
	}
	return n
}

// listeners are those of the server, as a caller of AddListener finds them.
func (l *lab) listeners(server int) []Listener {
	var ports [2]uint16
	_, _ = fmt.Sscan(l.ports, &ports[0], &ports[1])
	owner := Process{PID: server, Name: "a server"}
	return []Listener{
		{Namespace: l.ns, Addr: netip.IPv4Unspecified(), Port: ports[0], Owner: owner},
		{Namespace: l.ns, Addr: netip.IPv6Unspecified(), V6: true, Port: ports[1], Owner: owner},
	}
}

// kernelCount returns one of the host's counters of TcpExt.
func (l *lab) kernelCount(name string) int {
	l.t.Helper()
	var text []byte
	err := l.host.Do(func() (err error) {
		text, err = os.ReadFile("/proc/thread-self/net/netstat")
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	at := slices.Index(strings.Fields(lines[0]), name)
	n, err := strconv.Atoi(strings.Fields(lines[1])[at])
	if err != nil {
		l.t.Fatal(err)
	}
	return n
}

func openTracer(t *testing.T, opts Options) *Tracer {
	t.Helper()
	tr, err := Open(opts)
	var no *UnavailableError
	if errors.As(err, &no) {
		t.Skipf("cannot trace here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tr.Close(); err != nil {
			t.Error(err)
		}
	})
	return tr
}
