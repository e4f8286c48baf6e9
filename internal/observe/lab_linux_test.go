package observe_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/netns"
	"github.com/linger-dev/linger/internal/observe"
	"github.com/linger-dev/linger/internal/tcp"
)

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// newWorld skips where no namespace may be made.
func newWorld(t *testing.T) *netlab.World {
	t.Helper()
	if err := netlab.Allowed(); err != nil {
		t.Skipf("needs root: %v", err)
	}
	w, err := netlab.New()
	must(t, err)
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// everyState returns a host with sockets in all eleven states in each family.
func everyState(t *testing.T) *netlab.Host {
	t.Helper()
	if _, err := exec.LookPath("ss"); err != nil {
		t.Skip("needs ss, of the package iproute2")
	}
	s, err := netlab.EveryState(t.Context(), newWorld(t))
	must(t, err)
	t.Cleanup(s.Close)
	return s.Host
}

// watch returns an observer of one host.
func watch(t *testing.T, host *netlab.Host) *observe.Observer {
	t.Helper()
	ns, err := netns.Open(host.Path(), host.Name())
	must(t, err)
	o := observe.OpenNamespaces(observe.Options{Deep: true}, ns)
	t.Cleanup(o.Close)
	return o
}

func kernel(t *testing.T) evidence.Kernel {
	t.Helper()
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	must(t, err)
	return evidence.Kernel(strings.TrimSpace(string(release)))
}

// told is what an authority said of one socket.
type told struct {
	row  socketRow
	left span
	line string
}

func ssLines(t *testing.T, host *netlab.Host) map[uint64]told {
	t.Helper()
	cmd := exec.Command("ss", "-tanoeH")
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	p, err := host.Start(cmd)
	must(t, err)
	if err := p.Wait(); err != nil {
		t.Fatalf("ss: %v: %s", err, complaint.String())
	}
	said := make(map[uint64]told)
	for line := range strings.Lines(out.String()) {
		row, left, err := parseSS(line)
		must(t, err)
		if _, ok := said[row.Cookie]; ok {
			t.Errorf("ss lists cookie %x twice", row.Cookie)
		}
		said[row.Cookie] = told{row, left, line}
	}
	return said
}

// ends identify a socket in /proc, where it has no cookie.
type ends struct {
	state    tcp.State
	src, dst netip.AddrPort
}

func procLines(t *testing.T, host *netlab.Host) map[ends]told {
	t.Helper()
	said := make(map[ends]told)
	must(t, host.Do(func() error {
		for _, name := range []string{"tcp", "tcp6"} {
			text, err := os.ReadFile("/proc/thread-self/net/" + name)
			if err != nil {
				return err
			}
			for i, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
				if i == 0 {
					continue
				}
				row, left, err := parseProc(line)
				if err != nil {
					return err
				}
				if row.State == tcp.SynRecv {
					row.Retrans = 0
				}
				said[ends{row.State, row.Src, row.Dst}] = told{row, left, line}
			}
		}
		return nil
	}))
	return said
}

// sockstat reads "TCP: inuse 8 orphan 42 tw 6" and the like of a host.
func sockstat(t *testing.T, host *netlab.Host) map[string]uint64 {
	t.Helper()
	values := make(map[string]uint64)
	must(t, host.Do(func() error {
		for _, name := range []string{"sockstat", "sockstat6"} {
			text, err := os.ReadFile("/proc/thread-self/net/" + name)
			if err != nil {
				return err
			}
			for line := range strings.Lines(string(text)) {
				f := strings.Fields(line)
				for i := 1; i+1 < len(f); i += 2 {
					var n uint64
					if _, err := fmt.Sscan(f[i+1], &n); err != nil {
						return fmt.Errorf("%q: %w", line, err)
					}
					values[f[0]+f[i]] = n
				}
			}
		}
		return nil
	}))
	return values
}
