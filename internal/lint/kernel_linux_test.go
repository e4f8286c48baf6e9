package lint

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/evidence"
)

// inside runs fn on a thread in a fresh network namespace, which is discarded.
func inside(t *testing.T, fn func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root to make a network namespace")
	}
	done := make(chan error)
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			done <- err
			return
		}
		fn()
	}()
	if err := <-done; err != nil {
		t.Skipf("cannot make a network namespace: %v", err)
	}
}

func running(t *testing.T) evidence.Kernel {
	t.Helper()
	data, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		t.Skip(err)
	}
	return evidence.Kernel(strings.TrimSpace(string(data)))
}

// candidates are values at and beyond the limits, and in forms that people
// write.
func candidates(e *entry) []string {
	switch e.kind {
	case ports:
		return []string{
			"1024 65535", "1024 65535 # all", "1024-65535", "1024,65535", "2000", "0 0", "1 65535", "1023 5000", "70000 80000", "5000 4000",
			"1024\t65000", "1024 65536", "1024 1024", "1024 65535 5", "-1 5000", "32768 60999", "x",
		}
	case portList:
		return []string{"80", "99999", "5-3", "80 # x", "80,90-100", "80 90", "80, 90", "80,,90", "1-65535", "80-", "80,", "x", ",80"}
	}
	return []string{
		"0", "1", "2", "3", "127", "128", "255", "256", "-1", "60000", "60001", "65535", "65536", "16777216", "16777217", "2147483647", "2147483648",
		"1 # on", "1#on", "0x1", "010", "08", "1 2", "1;", "abc", "1.5", "1k", `"1"`, "+1", "-", "0x", "- 1", "--1", "9223372036854775807", "99999999999999999999",
	}
}

// TestKernelRefusesWhatIsSaidToBeRefused writes every candidate to every key in
// a private namespace: the kernel's answer is the truth about limits.
func TestKernelRefusesWhatIsSaidToBeRefused(t *testing.T) {
	t.Parallel()
	kernel := running(t)
	inside(t, func() {
		t2 := newTable()
		tried := 0
		for _, key := range t2.keys {
			e := t2.find(key)
			file := filepath.Join("/proc/sys", ProcPath(key))
			before, err := os.ReadFile(file)
			if errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(key, "net.ipv4.") && key != "net.core.somaxconn" || e.kind == readOnly {
				continue
			}
			for _, value := range candidates(e) {
				if v, ok := integer(value); ok && e.limit != nil && e.limit(kernel) == seconds() && v > 2147483 && seconds().has(v) {
					continue // refused or not by the kernel's HZ
				}
				tried++
				writing := os.WriteFile(file, []byte(value+"\n"), 0)
				if writing != nil && !errors.Is(writing, unix.EINVAL) {
					t.Errorf("%s = %q: %v", key, value, writing)
				}
				if err := os.WriteFile(file, before, 0); err != nil {
					t.Errorf("restore %s: %v", key, err)
				}
				f := byKey(Judge(Input{Kernel: kernel, Texts: []Text{{Assignments: []Assignment{{Key: key, Value: value, By: ByConf}}}}}))[key]
				if said := strings.Contains(f.Reason.EN, "EINVAL"); said != (writing != nil) {
					t.Errorf("%s = %q: the kernel says %v, we say %q", key, value, writing, f.Reason.EN)
				}
			}
		}
		if tried < 100 {
			t.Errorf("only %d values were tried", tried)
		}
	})
}

// TestKernelDefaultsAreThoseOfAFreshNamespace compares the table with a
// namespace that nobody has touched.
func TestKernelDefaultsAreThoseOfAFreshNamespace(t *testing.T) {
	t.Parallel()
	kernel := running(t)
	inside(t, func() {
		for _, e := range catalogue() {
			data, err := os.ReadFile(filepath.Join("/proc/sys", ProcPath(e.key)))
			there := err == nil
			if strings.HasPrefix(e.key, "net.") && !strings.HasPrefix(e.key, conntrackDir) && there != (e.exists(kernel) && e.netns.in(kernel)) {
				t.Errorf("%s is there: %v; the table says exists %v, per namespace %v", e.key, there, e.exists(kernel), e.netns.in(kernel))
			}
			if there && e.fresh != nil && !sameValue(string(data), e.fresh(kernel)) {
				t.Errorf("%s is %q in a fresh namespace, the table says %q", e.key, strings.TrimSpace(string(data)), e.fresh(kernel))
			}
		}
	})
}

// TestKernelReadsNumbersAsWeDo compares what the kernel makes of a text with
// ours, where it accepts it.
func TestKernelReadsNumbersAsWeDo(t *testing.T) {
	t.Parallel()
	inside(t, func() {
		const file = "/proc/sys/net/ipv4/tcp_keepalive_time"
		for _, value := range []string{"7", " 7 ", "7 # seven", "0x10", "010", "7 8", "-5", "\t9\t", "0"} {
			if err := os.WriteFile(file, []byte(value+"\n"), 0); err != nil {
				t.Errorf("%q: %v", value, err)
				continue
			}
			data, err := os.ReadFile(file)
			want, _ := ints(string(data), 1)
			if got, ok := ints(value, 1); err != nil || !ok || got[0] != want[0] {
				t.Errorf("%q is %v to us and %v to the kernel", value, got, want)
			}
		}
	})
}

func TestKernelOneNumberSetsTheLowerEndOfTheRange(t *testing.T) {
	t.Parallel()
	inside(t, func() {
		const file = "/proc/sys/net/ipv4/ip_local_port_range"
		if err := os.WriteFile(file, []byte("2000\n"), 0); err != nil {
			t.Error(err)
		}
		if data, err := os.ReadFile(file); err != nil || !sameValue(string(data), "2000 60999") {
			t.Errorf("the range is %q, %v", data, err)
		}
	})
}
