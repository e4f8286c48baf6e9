package cli_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/portspace/bindtest"
)

// whyStage is a private namespace with users of ports, and linger in it.
type whyStage struct {
	*bindtest.Stage
	t    *testing.T
	path string
}

func newWhyStage(t *testing.T) *whyStage {
	t.Helper()
	return &whyStage{bindtest.New(t), t, binary(t)}
}

// put lets an actor take a fresh port.
func (s *whyStage) put(a bindtest.Actor) (port uint16) {
	s.t.Helper()
	port = s.Port()
	if err := s.Host.Do(func() error {
		_, err := s.Put(a, port)
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return port
}

// why runs linger in the namespace, as a user.
func (s *whyStage) why(uid uint32, args ...string) (out string, status int) {
	s.t.Helper()
	cmd := exec.Command(s.path, append([]string{"why"}, args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Env = []string{"LANG=C"}
	if uid != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	}
	p, err := s.Host.Start(cmd)
	if err != nil {
		s.t.Fatal(err)
	}
	status = exitStatus(s.t, p.Wait())
	if status == 3 || stderr.Len() > 0 {
		s.t.Fatalf("why %q: status %d, %s", args, status, &stderr)
	}
	return stdout.String(), status
}

func (s *whyStage) expect(uid uint32, status int, wants []string, args ...string) {
	s.t.Helper()
	out, got := s.why(uid, args...)
	if got != status {
		s.t.Errorf("why %q as %d: status %d, want %d\n%s", args, uid, got, status, out)
	}
	text := strings.Join(strings.Fields(out), " ")
	for _, want := range wants {
		if !strings.Contains(text, want) {
			s.t.Errorf("why %q as %d does not say %q:\n%s", args, uid, want, out)
		}
	}
}

func TestKernelWhyNamesWhoHoldsAPortAndWhatHelps(t *testing.T) {
	t.Parallel()
	s := newWhyStage(t)
	server := bindtest.Socket{Addr: bindtest.Own4, ReuseAddr: true}
	listener := s.put(bindtest.Actor{Kind: bindtest.Listens, Socket: server})
	lingering := s.put(bindtest.Actor{Kind: bindtest.Accepted, Socket: server, At: bindtest.Own4, End: bindtest.TimeWait})
	dialled := s.put(bindtest.Actor{Kind: bindtest.Dialled, How: bindtest.Automatic, Socket: bindtest.Socket{Addr: bindtest.Own4}, At: bindtest.Own4, End: bindtest.TimeWait})
	idle := s.put(bindtest.Actor{Kind: bindtest.Idle, Socket: bindtest.Socket{Addr: bindtest.Own6, V6: true}})
	self := fmt.Sprintf("(%d)", os.Getpid())
	rehearsed := func(errno string) string {
		return "Rehearsed: a real bind() as uid 0, closed at once, answered " + errno
	}

	s.expect(0, 0, []string{"Yes: bind(0.0.0.0:", rehearsed("success")}, fmt.Sprint(s.Port()))
	s.expect(0, 2, []string{"fails with EADDRINUSE:", self + " listens there on 10.0.0.1", rehearsed("EADDRINUSE"), fmt.Sprintf("$ kill %d", os.Getpid())},
		"--reuseaddr", fmt.Sprint(listener))
	s.expect(0, 0, nil, "--addr", "10.0.0.3", fmt.Sprint(listener))
	helps := []string{"is in TIME_WAIT; it ends in", "let the program set SO_REUSEADDR"}
	if bindtest.Kernel(t).AtLeast(6, 0) { // before, SOCK_DESTROY ended no TIME_WAIT
		helps = append(helps, "$ ss -K state all")
	}
	s.expect(0, 2, helps, fmt.Sprint(lingering))
	s.expect(0, 0, []string{rehearsed("success")}, "--reuseaddr", fmt.Sprint(lingering))
	s.expect(0, 2, []string{"an outbound connection that this host closed first", "reserve port"}, "--reuseaddr", fmt.Sprint(dialled))
	s.expect(0, 2, []string{"has bound it, without listening"}, "--addr", "::", fmt.Sprint(idle))
	s.expect(0, 0, nil, fmt.Sprint(idle))
	s.expect(0, 2, []string{"EADDRNOTAVAIL: 192.0.2.1 is no address"}, "--addr", "192.0.2.1", fmt.Sprint(idle))
	s.expect(0, 2, []string{"EACCES: ports below 1024", "as uid 1000, closed at once, answered EACCES"}, "--uid", "1000", "80")
}

// Without rights the options of others cannot be read; then the kernel's own
// answer settles it, and without that both cases are told.
func TestKernelWhyWithoutRightsSaysWhatItCouldNotSee(t *testing.T) {
	t.Parallel()
	s := newWhyStage(t)
	lingering := fmt.Sprint(s.put(bindtest.Actor{
		Kind: bindtest.Accepted, Socket: bindtest.Socket{Addr: bindtest.Own4, ReuseAddr: true}, At: bindtest.Own4, End: bindtest.TimeWait,
	}))
	missing := "SO_REUSEADDR and SO_REUSEPORT of other sockets cannot be read"
	s.expect(1000, 0, []string{"as uid 1000, closed at once, answered success", missing}, "--reuseaddr", lingering)
	s.expect(1000, 1, []string{"Unsure: bind(0.0.0.0:", "depends on what could not be seen", missing}, "--reuseaddr", "--no-rehearsal", lingering)
	s.expect(1000, 2, []string{"No: ", "answered EADDRINUSE"}, lingering)
	s.expect(1000, 2, []string{"EACCES"}, "80")
}

// A child that inherited the descriptor holds the port when its parent is gone.
func TestKernelWhyNamesTheChildThatInheritedTheListener(t *testing.T) {
	t.Parallel()
	s := newWhyStage(t)
	port := s.Port()
	var file *os.File
	err := s.Host.Do(func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		file = os.NewFile(uintptr(fd), "listener")
		return errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Port: int(port), Addr: bindtest.Own4.As4()}), unix.Listen(fd, 1))
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(filepath.Dir(s.path), idler)
	if err := os.Link(s.path, path); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(path)
	child.ExtraFiles = []*os.File{file}
	if _, err := child.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Host.Start(child); err != nil {
		t.Fatal(err)
	}
	file.Close()
	s.expect(0, 2, []string{fmt.Sprintf(idler+" (%d) listens there", child.Process.Pid)}, fmt.Sprint(port))
}

func TestKernelWhyConnectsFailAccountsForThePorts(t *testing.T) {
	t.Parallel()
	s := newWhyStage(t)
	var target netip.AddrPort
	first := s.put(bindtest.Actor{Kind: bindtest.Listens, Socket: bindtest.Socket{Addr: bindtest.Other4}})
	if err := s.Host.Sysctl("net.ipv4.ip_local_port_range", fmt.Sprintf("%d %d", first, first+3)); err != nil {
		t.Fatal(err)
	}
	fill := func(n int) {
		t.Helper()
		err := s.Host.Do(func() (err error) {
			if !target.IsValid() {
				if target, err = s.Service(bindtest.Own4); err != nil {
					return err
				}
			}
			for range n {
				if ok, err := s.Open(bindtest.Own4, target); err != nil || !ok {
					return fmt.Errorf("no port was left: %w", err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	fill(2)
	s.expect(0, 0, []string{"has 1 of 4 local ports left", "somebody listens there"}, target.String())
	s.expect(0, 2, []string{"answered ECONNREFUSED: the far end or the way there, not the ports"}, "--try", "10.0.0.3:9")
	fill(1)
	s.expect(0, 2, []string{"fails with EADDRNOTAVAIL: none of 4 local ports is left", "move listeners out of the range"}, "--try", target.String())

	out, _ := s.why(0, "--json", target.String())
	var got struct {
		Schema, Answer, Errno string
		Account               struct{ Size, Listening, Live, Free int }
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != "linger.why-connect/1" || got.Errno != "EADDRNOTAVAIL" || got.Account.Listening != 1 || got.Account.Live != 3 {
		t.Errorf("%+v", got)
	}
}
