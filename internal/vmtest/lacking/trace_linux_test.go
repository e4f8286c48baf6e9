package lacking

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// closed is a line of linger trace --json.
type closed struct {
	Cookie uint64
	Src    string
	Dst    string
	First  string
	End    string
	Closer someone
}

// someone is a process, as linger describes it.
type someone struct {
	PID                  int
	State                string
	Unit, Container, Pod string
}

// gap is what linger could not see.
type gap struct{ What, Loses, Hint string }

// with reports whether the connection has a port at either end.
func (c closed) with(port int) bool {
	suffix := fmt.Sprintf(":%d", port)
	return strings.HasSuffix(c.Src, suffix) || strings.HasSuffix(c.Dst, suffix)
}

// watched is a running linger trace.
type watched struct {
	cmd    *exec.Cmd
	lines  *bufio.Scanner
	errs   *bytes.Buffer
	probes *process
	seen   []closed
}

// Connections with these ports are made only to find out how far the watching is.
const (
	firstPort = 7999
	lastPort  = 7998
)

// watch starts linger trace and returns when it has begun to see: loading its
// programs takes its time, and nothing tells the end of it but a connection seen.
func watch(t *testing.T) *watched {
	t.Helper()
	cmd := linger(t, "trace", "--json")
	w := &watched{cmd: cmd, errs: new(bytes.Buffer), probes: child{}.start(t)}
	cmd.Stderr = w.errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.lines = bufio.NewScanner(out)
	w.lines.Buffer(nil, 1<<20)
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	began := make(chan struct{})
	go func() {
		defer close(began)
		w.until(func(c closed) bool { return c.with(firstPort) })
	}()
	for {
		select {
		case <-began:
			if len(w.seen) == 0 {
				t.Fatalf("linger trace says nothing: %s", w.errs)
			}
			return w
		default:
			w.probes.does("close", firstPort, 1)
			w.probes.does("wait", firstPort, 1)
		}
	}
}

// until reads lines until one that is wanted. It returns false at the end.
func (w *watched) until(wanted func(closed) bool) bool {
	for w.lines.Scan() {
		var c closed
		if json.Unmarshal(w.lines.Bytes(), &c) != nil || c.Src == "" {
			continue
		}
		w.seen = append(w.seen, c)
		if wanted(c) {
			return true
		}
	}
	return false
}

// upToNow makes a connection, reads until it is seen, and returns what was seen
// of a port.
func (w *watched) upToNow(port int) []closed {
	w.probes.does("close", lastPort, 1)
	ends := 0
	w.until(func(c closed) bool {
		if c.with(lastPort) {
			ends++
		}
		return ends == 2
	})
	return slices.DeleteFunc(slices.Clone(w.seen), func(c closed) bool { return !c.with(port) })
}

// seesAllOf requires that each of n connections that were closed with a port was
// seen once at either end, and that one end lingers.
func (w *watched) seesAllOf(t *testing.T, port, n int) {
	t.Helper()
	w.probes.does("wait", lastPort, 20) // an end that the kernel closes for a program may come late
	of := w.upToNow(port)
	cookies, lingering := map[uint64]int{}, 0
	for _, c := range of {
		cookies[c.Cookie]++
		if c.End == "TIME_WAIT" || c.End == "FIN_WAIT2" {
			lingering++
		}
	}
	if len(of) != 2*n || len(cookies) != 2*n || lingering != n {
		t.Errorf("of %d connections linger trace saw %d ends of %d sockets, %d that linger: %+v", n, len(of), len(cookies), lingering, of)
	}
}

// coverage is how much was seen, as linger trace tells at its end.
type coverage struct {
	UnknownCloser int `json:"unknown_closer"`
	Gaps          []gap
}

// end ends linger trace as Ctrl-C does, and returns what it tells then.
func (w *watched) end(t *testing.T) coverage {
	t.Helper()
	if err := w.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	var last []byte
	for w.lines.Scan() {
		last = bytes.Clone(w.lines.Bytes())
		var c closed
		if json.Unmarshal(last, &c) == nil && c.Src != "" {
			w.seen = append(w.seen, c)
		}
	}
	if err := w.cmd.Wait(); err != nil {
		t.Errorf("linger trace: %v: %s", err, w.errs)
	}
	var sum struct{ Traced coverage }
	if err := json.Unmarshal(last, &sum); err != nil {
		t.Errorf("linger trace ends with %s: %v", last, err)
	}
	return sum.Traced
}
