package lacking

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// withoutDiag: neither tcp_diag nor inet_diag can be loaded, so the kernel lists
// no sockets.
func withoutDiag(t *testing.T) {
	if errno := dumpSockets(t); errno != unix.ENOENT {
		t.Fatalf("a dump of TCP sockets is answered with %v, so nothing is missing", errno)
	}
	c := child{}.start(t)
	c.does("open", 7001, 3)
	for _, args := range [][]string{{"check", "--trace=0"}, {"states"}, {"why", "7001"}, {"why", "127.0.0.1:7001"}, {"fix"}} {
		a := ask(t, args...)
		a.ends(t, failed)
		a.says(t, "no tcp_diag module")
		a.says(t, "hint: modprobe tcp_diag")
	}
	a := ask(t, "check", "--trace=0", "--json")
	a.ends(t, failed)
	if a.out != "" {
		t.Errorf("there is an answer on standard output: %s", a.out)
	}
	judgesSettings(t)
	// What needs no list of sockets works on.
	watched := watch(t)
	c.does("close", 7002, 3)
	watched.seesAllOf(t, 7002, 3)
}

// judgesSettings: settings are there without a list of sockets.
func judgesSettings(t *testing.T) {
	file := "/proc/sys/net/ipv4/ip_local_port_range"
	set(t, file, "2000 60999")
	a := ask(t, "lint")
	a.answers(t)
	a.says(t, "net.ipv4.ip_local_port_range = 2000 60999")
	a.says(t, "no tcp_diag module")
}

// set changes a setting until the end of the test.
func set(t *testing.T, file, value string) {
	t.Helper()
	before, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, []byte(value), 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(file, before, 0); err != nil {
			t.Errorf("set %s back: %v", filepath.Base(file), err)
		}
	})
}

// dumpSockets asks the kernel for its TCP sockets as ss does, and returns the
// error of its answer, 0 if it has one.
func dumpSockets(t *testing.T) unix.Errno {
	t.Helper()
	s, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(s) }()
	const byFamily, size = 20, 16 + 56 // SOCK_DIAG_BY_FAMILY; struct inet_diag_req_v2
	request := make([]byte, size)
	binary.NativeEndian.PutUint32(request, size)
	binary.NativeEndian.PutUint16(request[4:], byFamily)
	binary.NativeEndian.PutUint16(request[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	request[16], request[17] = unix.AF_INET, unix.IPPROTO_TCP
	binary.NativeEndian.PutUint32(request[20:], ^uint32(0)) // all states
	if err := unix.Sendto(s, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		var errno unix.Errno
		if errors.As(err, &errno) {
			return errno
		}
		t.Fatal(err)
	}
	reply := make([]byte, 1<<16)
	n, err := unix.Read(s, reply)
	if err != nil {
		t.Fatal(err)
	}
	if n >= 20 && binary.NativeEndian.Uint16(reply[4:]) == unix.NLMSG_ERROR {
		return unix.Errno(-int32(binary.NativeEndian.Uint32(reply[16:])))
	}
	return 0
}
