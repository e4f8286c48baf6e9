package journal

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/netns"
)

func TestKernelTakesAndGivesBackEveryKindOfValue(t *testing.T) {
	t.Parallel()
	inCell(t, func(c *cell) {
		c.reset(t, false)
		tree, err := c.tree()
		must(t, err)
		defer tree.Close()
		long := c.plan().Changes[1].To
		for _, v := range []struct{ key, value string }{
			{reserved, "80,90-100"},
			{reserved, ""},
			{reserved, long},
			{reserved, "1"},
			{reserved, ""},
			{"net.ipv4.ip_local_port_range", "1024 65000"},
			{"net.ipv4.tcp_rmem", "4096 131072 6291456"},
			{"net.ipv4.tcp_congestion_control", "reno"},
			{"net/ipv4/tcp_fin_timeout", "61"},
		} {
			must(t, tree.Write(v.key, v.value))
			got, err := tree.Read(v.key)
			must(t, err)
			if !same(v.key, got, v.value) || strings.HasSuffix(got, "\n") {
				t.Errorf("%s: wrote %q, read %q", v.key, excerpt(v.value), excerpt(got))
			}
		}
		if err := tree.Write("net.ipv4.tcp_tw_reuse", "3"); !errors.Is(err, unix.EINVAL) {
			t.Errorf("3 is refused with %v", err)
		}
		if _, err := tree.Read("net.ipv4.tcp_tw_recycle"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a setting that is gone: %v", err)
		}
	})
}

func TestKernelRefusesAndLingerTakesTheRestBack(t *testing.T) {
	t.Parallel()
	inCell(t, func(c *cell) {
		for _, bad := range []Change{
			{Key: "net.ipv4.tcp_tw_reuse", From: "2", To: "3"},                       // EINVAL
			{Key: "net.ipv4.tcp_congestion_control", To: "no-such"},                  // ENOENT
			{Key: "net.ipv4.tcp_rmem", From: "4096 131072 6291456", To: "5000 5000"}, // takes two of three
		} {
			c.reset(t, true)
			tree, err := c.tree()
			must(t, err)
			p := c.plan()
			if bad.From == "" || strings.Contains(bad.Key, "rmem") {
				bad.From, err = tree.Read(bad.Key)
				must(t, err)
			}
			p.Changes = append(p.Changes[:2], bad)
			old := c.state(t)
			e, err := c.journal().Apply(t.Context(), p, tree)
			now, _ := tree.Read(bad.Key)
			_ = tree.Close()
			if err == nil || e.State != Undone || !c.state(t).equal(old) || now != bad.From {
				t.Errorf("%s: %v, %s is %q: %v", bad.Key, err, e.State, now, c.state(t))
			}
		}
	})
}

// dweller starts a process in a network namespace of its own.
func dweller(t *testing.T) (pid int, end func()) {
	t.Helper()
	cmd := exec.Command("cat")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET}
	in, err := cmd.StdinPipe()
	must(t, err)
	if err := cmd.Start(); err != nil {
		t.Skipf("cannot make a network namespace: %v", err)
	}
	end = func() { _ = in.Close(); _ = cmd.Wait() }
	t.Cleanup(end)
	return cmd.Process.Pid, end
}

func TestKernelANamespaceIsFoundAgainByWhatItIsNotByItsName(t *testing.T) {
	t.Parallel()
	pid, end := dweller(t)
	spaces, _, err := netns.Select(strconv.Itoa(pid))
	must(t, err)
	tree, err := Enter(spaces[0])
	must(t, err)
	space := tree.Space()
	if space.Host || space.Cookie == 0 && kernelAtLeast(5, 14) {
		t.Errorf("%+v", space)
	}
	must(t, tree.Write("net.ipv4.tcp_fin_timeout", "77"))
	space.Name = "pid:1" // a number that another process has by now
	again, err := FindSpace(space)
	must(t, err)
	if v, err := again.Read("net.ipv4.tcp_fin_timeout"); err != nil || v != "77" {
		t.Errorf("%q, %v", v, err)
	}
	stranger := space
	if stranger.Cookie++; space.Cookie != 0 {
		if _, err := FindSpace(stranger); !gone(err) {
			t.Errorf("a later namespace with the same inode: %v", err)
		}
	}
	end()
	// Whoever holds it can still put things back, which is why the guard does.
	must(t, again.Write("net.ipv4.tcp_fin_timeout", "60"))
	must(t, errors.Join(tree.Close(), again.Close()))
	if _, err := FindSpace(space); !gone(err) {
		t.Errorf("after its last process: %v", err)
	}
}

// gone is what can be said of a namespace that is: where some process hides its
// own, as some hosts' do even from root, it might be in there.
func gone(err error) bool { return errors.Is(err, errGone) || errors.Is(err, fs.ErrPermission) }

func kernelAtLeast(major, minor int) bool {
	var u unix.Utsname
	_ = unix.Uname(&u)
	fields := strings.FieldsFunc(unix.ByteSliceToString(u.Release[:]), func(r rune) bool { return r < '0' || r > '9' })
	a, _ := strconv.Atoi(fields[0])
	b, _ := strconv.Atoi(fields[1])
	return a > major || a == major && b >= minor
}

func TestKernelTheFileGetsBackItsOwnerModeAndAttributes(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to give files away")
	}
	path := filepath.Join(t.TempDir(), "90-linger.conf")
	must(t, os.WriteFile(path, []byte("old"), 0o600))
	must(t, os.Chown(path, 12, 34))
	must(t, os.Chmod(path, 0o642))
	long := bytes.Repeat([]byte("x"), 1000)
	if err := unix.Setxattr(path, "user.linger", long, 0); errors.Is(err, unix.ENOTSUP) {
		t.Skip("no extended attributes here")
	}
	f, err := look(path)
	must(t, err)
	f.After = []byte("new")
	for _, step := range []func() error{f.advance, f.restore} {
		must(t, step())
		now, err := look(path)
		must(t, err)
		if now.UID != 12 || now.GID != 34 || now.Mode != 0o642 || !bytes.Equal(now.Xattrs["user.linger"], long) {
			t.Errorf("%+v", now)
		}
	}
	if at, err := f.now(); err != nil || at != oldSide {
		t.Errorf("%d, %v", at, err)
	}
}

// What reads the file at boot must understand it: sysctl(8) of procps.
func TestKernelSysctlReadsTheDropInAsItIsMeant(t *testing.T) {
	t.Parallel()
	sysctl, err := exec.LookPath("sysctl")
	if err != nil {
		t.Skip("no sysctl(8) here")
	}
	inCell(t, func(c *cell) {
		c.reset(t, false)
		p := c.plan()
		p.Changes[1].To = "" // an empty list is the odd one
		tree, err := c.tree()
		must(t, err)
		defer tree.Close()
		j := c.journal()
		e, err := j.Apply(t.Context(), p, tree)
		must(t, err)
		for _, ch := range p.Changes {
			must(t, tree.Write(ch.Key, ch.From))
		}
		runtime.LockOSThread() // the child starts in this thread's namespace
		if out, err := exec.Command(sysctl, "-p", c.dropIn()).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		for i, ch := range e.Changes {
			if at, now, err := e.value(tree, i); err != nil || at != newSide {
				t.Errorf("%s is %q, %v", ch.Key, excerpt(now), err)
			}
		}
	})
}
