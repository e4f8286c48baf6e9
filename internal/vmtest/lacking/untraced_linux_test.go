package lacking

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// withoutTracing: Debian's oldest kernel has BPF, BTF, ring buffers and
// iterators, but not yet what tells the closer.
func withoutTracing(t *testing.T) {
	release := releaseHere(t)
	if !strings.HasPrefix(release, "5.10.") {
		t.Fatalf("this is Linux %s, which can trace", release)
	}
	notTraced(t, "Linux "+release+" is older than 5.12, the first that can")
	// An iterator is there since 5.9: the options of sockets are read.
	a := ask(t, "why", "7003")
	a.ends(t, 2)
	a.isSilentOn(t, "cannot be read")
}

// lockedDown: root itself may not read the kernel's memory. Programs that only
// look at what they are given still run, so closers are seen, but what becomes of
// the sockets is estimated.
func lockedDown(t *testing.T) {
	text, err := os.ReadFile("/sys/kernel/security/lockdown")
	if err != nil || !strings.Contains(string(text), "[confidentiality]") {
		t.Fatalf("the kernel is not locked down: %s, %v", text, err)
	}
	const why = "the kernel is locked down to keep its memory confidential"
	w := watch(t)
	child{}.start(t).does("close", 7008, 3)
	w.seesAllOf(t, 7008, 3)
	told := 0
	for _, g := range w.end(t).Gaps {
		if strings.Contains(g.What, why) && g.Loses != "" {
			record(t, answer{command: "linger trace"}, g.What+": "+g.Loses)
			told++
		}
	}
	if told == 0 {
		t.Error("linger trace does not say what it cannot watch")
	}
	optionsUnread(t, why)
}

// withoutBTF: the kernel has BPF, but no description of its structures.
func withoutBTF(t *testing.T) {
	if errno := bpf(); errors.Is(errno, unix.ENOSYS) {
		t.Fatal("this kernel has no BPF at all")
	}
	if _, err := os.Stat("/sys/kernel/btf"); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("BTF is here: %v", err)
	}
	const why = "this kernel describes its structures to nobody (no CONFIG_DEBUG_INFO_BTF)"
	notTraced(t, why)
	optionsUnread(t, why)
}

// withoutBPF: the system call is not there, nor are ring buffers or iterators.
func withoutBPF(t *testing.T) {
	if errno := bpf(); !errors.Is(errno, unix.ENOSYS) {
		t.Fatalf("bpf() answers %v, so it is there", errno)
	}
	notTraced(t, "Linux "+releaseHere(t)+" is older than 5.12, the first that can")
	optionsUnread(t, "this kernel describes its structures to nobody (no CONFIG_DEBUG_INFO_BTF)")
}

// notTraced: linger trace cannot, and says why; linger check can, and says why
// it does not name closers.
func notTraced(t *testing.T, why string) {
	t.Helper()
	c := child{}.start(t)
	c.does("close", 7003, 150) // so many that linger would watch
	a := ask(t, "trace", "--for=1s")
	a.ends(t, failed)
	a.says(t, "error: trace connections: "+why)
	a = ask(t, "trace", "--failures", "--for=1s")
	a.ends(t, failed)
	a.says(t, "error: trace connections: "+why)
	a = ask(t, "check")
	a.ends(t, healthy)
	a.answers(t)
	a.says(t, "150 TIME_WAIT")
	a.says(t, "connections are not traced: "+why)
	a.says(t, "who closed a connection is inferred from live sockets, not observed")
	a = ask(t, "states", "--by=owner")
	a.answers(t)
	a.says(t, "connections are not traced: "+why)
	file := filepath.Join(t.TempDir(), "recording")
	a = ask(t, "record", "--for=2s", file)
	a.ends(t, healthy)
	if !strings.Contains(unbroken(a.err), "connections are not traced: "+why) {
		t.Errorf("linger record does not say why it does not trace: %s", a.err)
	}
	a = ask(t, "check", "--last", "--from="+file)
	a.says(t, "connections are not traced: "+why)
}

// optionsUnread: linger why answers as far as a dump goes, and says the rest.
func optionsUnread(t *testing.T, why string) {
	t.Helper()
	c := child{}.start(t)
	c.does("open", 7004, 1)
	a := ask(t, "why", "7004")
	a.ends(t, 2)
	a.answers(t)
	a.says(t, "EADDRINUSE")
	a.says(t, "SO_REUSEADDR and SO_REUSEPORT of other sockets cannot be read: "+why)
}

// bpf makes a call that no kernel with BPF answers with ENOSYS.
func bpf() error {
	_, _, errno := unix.Syscall(unix.SYS_BPF, 1<<20, 0, 0)
	return errno
}

func releaseHere(t *testing.T) string {
	t.Helper()
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		t.Fatal(err)
	}
	return unix.ByteSliceToString(name.Release[:])
}
