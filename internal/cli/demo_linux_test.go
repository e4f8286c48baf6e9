package cli_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/netlab"
)

func needNamespaces(t *testing.T) {
	t.Helper()
	if err := netlab.Allowed(); err != nil {
		t.Skip(err)
	}
}

// promised are words that each demonstration must come to, in this order.
func promised() map[string][]string {
	return map[string][]string{
		"ports": {
			"before: OK", "run out in", "CRITICAL: Out of local ports", "fails with EADDRNOTAVAIL", "it was off by",
			"short-client", "tcp_tw_reuse", "with keep-alive", "linger: OK", "0 failures",
		},
		"close-wait": {"OK: nothing wrong", "SIGSTOP", "wait in CLOSE_WAIT", "echo-server", "kill -CONT", "linger: OK"},
		"bind":       {"not reserved", "EADDRINUSE", "ip_local_reserved_ports=20000", "the service starts", "linger: OK"},
		"restart":    {"without SO_REUSEADDR", "EADDRINUSE", "with SO_REUSEADDR", "it listens"},
	}
}

func TestKernelEachDemonstrationShowsWhatItPromises(t *testing.T) {
	t.Parallel()
	needNamespaces(t)
	for problem, words := range promised() {
		t.Run(problem, func(t *testing.T) {
			t.Parallel()
			path := binary(t)
			out, err := exec.Command(path, "demo", "--problem", problem).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			inOrder(t, string(out), words)
			nothingLeft(t, path)
		})
	}
}

func inOrder(t *testing.T, text string, words []string) {
	t.Helper()
	rest := text
	for _, word := range words {
		_, after, found := strings.Cut(rest, word)
		if !found {
			t.Fatalf("%q does not follow in:\n%s", word, text)
		}
		rest = after
	}
}

// A user without root either sees the demonstration or learns what forbids it.
func TestKernelADemonstrationRunsWithoutRootOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user")
	}
	path := binary(t)
	cmd := exec.Command(path, "demo", "--problem", "restart")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	switch exitStatus(t, err) {
	case 0:
		inOrder(t, string(out), promised()["restart"])
	case 3:
		inOrder(t, string(out), []string{"linger: error: ", "\nlinger: hint: run it as root"})
	default:
		t.Errorf("%v\n%s", err, out)
	}
	nothingLeft(t, path)
}

func TestKernelADemonstrationThatIsKilledLeavesNothing(t *testing.T) {
	t.Parallel()
	needNamespaces(t)
	for name, c := range map[string]struct {
		signal syscall.Signal
		status int
		user   uint32
	}{
		"SIGINT": {syscall.SIGINT, 130, 0}, "SIGTERM": {syscall.SIGTERM, 130, 0}, "SIGKILL": {syscall.SIGKILL, -1, 0},
		"SIGINT without root": {syscall.SIGINT, 130, nobody}, "SIGKILL without root": {syscall.SIGKILL, -1, nobody},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := binary(t)
			cmd := exec.Command(path, "demo")
			cmd.Dir = "/"
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: c.user, Gid: c.user}}
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			playing := false
			for lines := bufio.NewScanner(out); lines.Scan(); {
				if playing = strings.Contains(lines.Text(), "a client starts"); playing {
					break
				}
			}
			if !playing {
				err := cmd.Wait()
				if c.user != 0 && exitStatus(t, err) == 3 {
					t.Skipf("this kernel does not let other users play: %s", &stderr)
				}
				t.Fatalf("%v: %s", err, &stderr)
			}
			if len(running(path)) < 2 {
				t.Error("the demonstration has no programs of its own")
			}
			if err := cmd.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			if got := exitStatus(t, cmd.Wait()); got != c.status {
				t.Errorf("exit status %d, want %d: %s", got, c.status, &stderr)
			}
			nothingLeft(t, path)
		})
	}
}

// nothingLeft waits until no process of a binary is left. The namespaces of a
// demonstration are held by its processes and their descriptors only: the
// kernel destroys them with these. Their inodes would prove nothing, as the
// kernel gives them to the next namespace of any test.
func nothingLeft(t *testing.T, path string) {
	t.Helper()
	const patience = 20 * time.Second
	deadline := time.Now().Add(patience)
	for len(running(path)) > 0 {
		if time.Now().After(deadline) {
			t.Fatalf("processes are left: %v", running(path))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// running returns the processes that were started from a binary.
func running(path string) []string {
	var found []string
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range lines {
		data, err := os.ReadFile(file)
		if err == nil && bytes.HasPrefix(data, []byte(path+"\x00")) {
			found = append(found, filepath.Dir(file))
		}
	}
	return found
}

// Containers have namespaces without names: one of their processes stands for
// them.
func TestKernelCheckLooksIntoTheNamespaceOfAProcess(t *testing.T) {
	t.Parallel()
	needNamespaces(t)
	world, err := netlab.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { world.Close() })
	host, err := world.Host("other")
	if err != nil {
		t.Fatal(err)
	}
	path := binary(t)
	server := exec.Command(path, "workload", "echo-server", "-addr", "127.0.0.1:7")
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	process, err := host.Start(server)
	if err != nil {
		t.Fatal(err)
	}
	if !bufio.NewScanner(out).Scan() {
		t.Fatal("the server does not start")
	}

	answer, err := exec.Command(path, "check", "--json", "--netns", strconv.Itoa(process.PID())).Output()
	if got := exitStatus(t, err); got != 0 {
		t.Fatalf("exit status %d: %s", got, answer)
	}
	var got struct {
		Snapshot struct {
			Namespaces []struct {
				ID        uint64
				Name      string
				Listeners []listener
			}
		}
	}
	if err := json.Unmarshal(answer, &got); err != nil {
		t.Fatal(err)
	}
	want := listener{netip.MustParseAddr("127.0.0.1"), 7}
	spaces := got.Snapshot.Namespaces
	if len(spaces) != 1 || spaces[0].ID != host.ID() || spaces[0].Name != "pid:"+strconv.Itoa(process.PID()) ||
		!slices.Equal(spaces[0].Listeners, []listener{want}) {
		t.Errorf("namespace %d holds a listener on %v; linger saw %+v", host.ID(), want, spaces)
	}
}

// listener is what the test reads of a listener in the JSON.
type listener struct {
	Addr netip.Addr
	Port uint16
}
