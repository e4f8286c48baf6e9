package cli_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/workload"
)

// stage is a private host with programs that do as they are told, and linger
// tracing it.
type stage struct {
	t     *testing.T
	path  string
	host  *netlab.Host
	trace *exec.Cmd
	lines chan traced
}

// traced is a line of the trace, of any schema.
type traced struct {
	Schema          string
	Src, Dst, Addr  netip.AddrPort
	Origin          string
	First, How, End string
	Signal          int
	Opener, Closer  actor
	Owner           actor
	Sent, Received  int
	Call, Errno     string
	Count           int
	Total           struct{ Closed, Processes int }
	Makers          []struct{ Name, By string }
	FailedCalls     []struct{ Count int } `json:"failed_calls"`
	Traced          struct {
		Closed, Lost int
		Gaps         []struct{ What string }
	}
}

type actor struct {
	PID     int
	Name    string
	Cmdline []string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	path := binary(t)
	needTracer(t, path)
	world, err := netlab.New()
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		if err := world.Close(); err != nil {
			t.Error(err)
		}
	})
	host, err := world.Host("h")
	if err != nil {
		t.Fatal(err)
	}
	return &stage{t: t, path: path, host: host}
}

// player is a program on the stage.
type player struct {
	*workload.Driver
	t    *testing.T
	proc *netlab.Process
}

// player starts a program. It calls its process "calls".
func (s *stage) player() *player {
	s.t.Helper()
	inRead, inWrite := s.pipe()
	outRead, outWrite := s.pipe()
	cmd := exec.Command(s.path, "workload", "calls")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = inRead, outWrite, os.Stderr
	proc, err := s.host.Start(cmd)
	inRead.Close()
	outWrite.Close()
	if err != nil {
		s.t.Fatal(err)
	}
	p := &player{workload.NewDriver(inWrite, outRead), s.t, proc}
	if _, err := p.Started(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	return p
}

func (s *stage) pipe() (*os.File, *os.File) {
	s.t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

func (p *player) do(r workload.Request) workload.Answer {
	p.t.Helper()
	a, err := p.Do(p.t.Context(), r)
	if err != nil {
		p.t.Fatal(err)
	}
	return a
}

// must does what may not fail.
func (p *player) must(r workload.Request) workload.Answer {
	p.t.Helper()
	a := p.do(r)
	if a.Errno != "" {
		p.t.Fatalf("%s: %s", r.Call, a.Errno)
	}
	return a
}

// watch starts linger on the namespace of a process.
func (s *stage) watch(of *player, args ...string) {
	s.t.Helper()
	s.trace = exec.Command(s.path, append([]string{"trace", "--json", "--netns", strconv.Itoa(of.proc.PID())}, args...)...)
	s.trace.Stderr = os.Stderr
	out, err := s.trace.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.trace.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = s.trace.Process.Kill() })
	s.lines = make(chan traced, 1024)
	go func() {
		defer close(s.lines)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var l traced
			if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
				s.t.Errorf("%v: %s", err, lines.Bytes())
			}
			s.lines <- l
		}
	}()
}

// until repeats something until a line of the trace comes.
func (s *stage) until(act func()) traced {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		act()
		select {
		case l, ok := <-s.lines:
			if !ok {
				s.t.Fatal("the trace has ended")
			}
			return l
		case <-time.After(20 * time.Millisecond):
		}
	}
	s.t.Fatal("no line came")
	panic("unreachable")
}

// end interrupts linger and returns what came until then, and its last line.
func (s *stage) end() (before []traced, last traced) {
	s.t.Helper()
	if err := s.trace.Process.Signal(os.Interrupt); err != nil {
		s.t.Fatal(err)
	}
	for l := range s.lines {
		before = append(before, l)
	}
	if got := exitStatus(s.t, s.trace.Wait()); got != 0 || len(before) == 0 {
		s.t.Fatalf("exit status %d after %d lines", got, len(before))
	}
	return before[:len(before)-1], before[len(before)-1]
}

func (l *traced) String() string {
	return fmt.Sprintf("%v -> %v: %s, first %s, how %s %d, end %s, opener %s %d, closer %s %d",
		l.Src, l.Dst, l.Origin, l.First, l.How, l.Signal, l.End, l.Opener.Name, l.Opener.PID, l.Closer.Name, l.Closer.PID)
}
