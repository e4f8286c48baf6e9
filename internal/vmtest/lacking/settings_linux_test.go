package lacking

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// withoutSettings: an old kernel lacks settings, counters and socket options
// that later ones have.
func withoutSettings(t *testing.T) {
	for _, name := range []string{"tcp_tw_reuse_delay", "tcp_ehash_entries", "tcp_child_ehash_entries"} {
		if _, err := os.Stat("/proc/sys/net/ipv4/" + name); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is here: %v", name, err)
		}
	}
	counters, err := os.ReadFile("/proc/net/netstat")
	if err != nil || strings.Contains(string(counters), "PAWSTimewait") {
		t.Errorf("PAWSTimewait is here, or no counters at all: %v", err)
	}
	if t.Failed() {
		t.FailNow() // the rest would prove nothing
	}
	outOfPorts(t)
	file := filepath.Join(t.TempDir(), "sysctl.conf")
	if err := os.WriteFile(file, []byte("net.ipv4.tcp_tw_reuse_delay = 500\nnet.ipv4.tcp_tw_recycle = 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	a := ask(t, "lint", file)
	a.ends(t, 1)
	a.says(t, "NO SUCH KEY net.ipv4.tcp_tw_reuse_delay = 500")
	a.says(t, "it came with Linux 6.14: setting it fails here")
	a = ask(t, "lab", "run", "tw-reuse-delay")
	a.says(t, "NOT TESTABLE HERE")
	a = ask(t, "lab", "run", "local-port-range-option")
	a.says(t, "NOT TESTABLE HERE")
}

// outOfPorts: the numbers are right, and nothing is advised that the kernel does
// not have.
func outOfPorts(t *testing.T) {
	set(t, "/proc/sys/net/ipv4/tcp_tw_reuse", "0")
	c := child{}.start(t)
	c.does("open", 7005, 1) // before the range is narrow
	set(t, "/proc/sys/net/ipv4/ip_local_port_range", "20000 20099")
	before := timeWaits(t)
	c.does("spend", 7005, 100)
	counts(t, 2, before+100)
	a := ask(t, "check", "--trace=0")
	a.ends(t, 2)
	a.says(t, "Out of local ports toward 127.0.0.1:7005: all 100 are taken")
	a.isSilentOn(t, "tcp_tw_reuse_delay")
	a = ask(t, "check", "--trace=0", "--json")
	a.says(t, `"tcp_tw_reuse_delay":"absent"`)
	a = ask(t, "fix")
	a.answers(t)
	a.says(t, "tcp_tw_reuse")
	a.isSilentOn(t, "tcp_tw_reuse_delay")
	a = ask(t, "why", "127.0.0.1:7005")
	a.ends(t, 2)
	a.says(t, "EADDRNOTAVAIL")
}

// withoutIPv6: no socket of that family can be made, and /proc/net does not
// count any.
func withoutIPv6(t *testing.T) {
	if s, err := unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != unix.EAFNOSUPPORT {
		_ = unix.Close(s)
		t.Fatalf("IPv6 is here: %v", err)
	}
	c := child{}.start(t)
	c.does("open", 7006, 3)
	c.does("close", 7006, 4)
	a := ask(t, "check", "--trace=0")
	a.ends(t, healthy)
	a.answers(t)
	a.says(t, "6 ESTABLISHED")
	a.isSilentOn(t, "could not read")
	a.isSilentOn(t, "v6")
	a = ask(t, "why", "7006")
	a.ends(t, 2)
	a.says(t, "EADDRINUSE")
}
