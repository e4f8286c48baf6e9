package cli_test

import (
	"net/netip"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/linger-dev/linger/internal/workload"
)

// Apply, confirm and undo, on settings of a private host.
func TestKernelWhatFixAppliesItTakesBack(t *testing.T) {
	t.Parallel()
	path := binary(t)
	needNamespaces(t)
	s := newStage(t)
	const key = "net.ipv4.ip_local_port_range"
	if err := s.host.Sysctl(key, "40000 40039"); err != nil {
		t.Fatal(err)
	}
	if err := s.host.Sysctl("net.ipv4.tcp_tw_reuse", "0"); err != nil {
		t.Fatal(err)
	}
	before, err := s.host.ReadSysctl(key)
	if err != nil {
		t.Fatal(err)
	}
	y := play{stage: s, server: s.player(), at: netip.MustParseAddrPort("127.0.0.1:80"), want: make(map[string]string)}
	y.server.must(workload.Request{Call: workload.Listen, Socket: "l", At: y.at, Backlog: 16})
	client := s.player()
	for range 40 { // all ports that there are
		y.clientFirst(client)
	}
	journal := filepath.Join(t.TempDir(), "journal")
	fix := func(status int, says string, args ...string) {
		t.Helper()
		cmd := exec.Command(path, append([]string{"fix", "--journal", journal}, args...)...)
		out, err := cmd.CombinedOutput()
		if got := exitStatus(t, err); got != status || !strings.Contains(string(out), says) {
			t.Fatalf("linger fix %v: exit status %d, want %d and %q: %s", args, got, status, says, out)
		}
	}
	here := []string{"--netns", strconv.Itoa(y.server.proc.PID()), "--trace", "0"}
	fix(0, "127.0.0.1:80", here...)
	if now, _ := s.host.ReadSysctl(key); now != before {
		t.Fatalf("a plan changed the setting to %s", now)
	}
	fix(0, "no changes were made", "--status")
	fix(3, "sysctl.d is read for the host's own", append(here, "--apply")...)
	fix(0, "unless it is confirmed", append(here, "--apply", "--runtime-only", "--confirm-within", "10m")...)
	wide, err := s.host.ReadSysctl(key)
	if err != nil || wide == before {
		t.Fatalf("applied, but it is %s (%v)", wide, err)
	}
	y.clientFirst(client) // there is a port again
	fix(0, "linger fix --confirm 1", "--status")
	fix(0, "in force until the next boot", "--confirm")
	if err := s.host.Sysctl(key, "30000 39999"); err != nil { // somebody else
		t.Fatal(err)
	}
	fix(3, "changed", "--undo")
	if now, _ := s.host.ReadSysctl(key); strings.Join(strings.Fields(now), " ") != "30000 39999" {
		t.Fatalf("it did not step back from what somebody else wrote: %s", now)
	}
	fix(0, "undone", "--undo", "--overwrite")
	if now, _ := s.host.ReadSysctl(key); now != before {
		t.Errorf("undone, but it is %s, and was %s", now, before)
	}
	fix(3, "no change to undo", "--undo")
}
