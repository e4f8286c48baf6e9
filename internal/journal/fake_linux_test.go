package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// kernel is a fake of the settings of one namespace.
type kernel struct {
	mu     sync.Mutex
	space  Space
	values map[string]string
	refuse map[string]error               // writes that fail
	alter  map[string]func(string) string // what is kept of what is written
	onRead func(key string, n int)        // called before the nth read
	reads  int
	log    []string
}

func (k *kernel) Space() Space { return k.space }
func (k *kernel) Close() error { return nil }

func (k *kernel) Read(key string) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.reads++
	if k.onRead != nil {
		k.onRead(key, k.reads)
	}
	v, ok := k.values[key]
	if !ok {
		return "", &fs.PathError{Op: "open", Path: key, Err: fs.ErrNotExist}
	}
	return v, nil
}

func (k *kernel) Write(key, value string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.log = append(k.log, key+"="+value)
	if err := k.refuse[key]; err != nil {
		return err
	}
	if alter := k.alter[key]; alter != nil {
		value = alter(value)
	}
	k.values[key] = value
	return nil
}

// clock is a fake of both clocks.
type clock struct {
	mu    sync.Mutex
	boot  string
	since time.Duration
	asked int
}

func (c *clock) Now() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }

func (c *clock) Boot() (string, time.Duration, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	return c.boot, c.since, nil
}

// asks returns how often the clock was looked at.
func (c *clock) asks() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.since += d
}

func (c *clock) reboot() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.boot, c.since = c.boot+"'", 0
}

// host is a fake host: its kernel, its clock, its files, and the journal.
type host struct {
	*Journal
	kernel *kernel
	clock  *clock
	dropIn string
}

func newHost(t testing.TB) *host {
	t.Helper()
	dir := scratch(t)
	h := &host{
		kernel: &kernel{
			space:  Space{Name: "host", ID: 1, Cookie: 1, Host: true},
			values: map[string]string{"net.ipv4.tcp_tw_reuse": "2", "net.ipv4.ip_local_port_range": "32768\t60999", "net.ipv4.ip_local_reserved_ports": "", "net.ipv4.tcp_fin_timeout": "60"},
		},
		clock:  &clock{boot: "boot", since: time.Hour},
		dropIn: filepath.Join(dir, "etc/sysctl.d/90-linger.conf"),
	}
	must(t, os.MkdirAll(filepath.Dir(h.dropIn), 0o755))
	h.Journal = &Journal{
		Dir: filepath.Join(dir, "journal"), Who: "test", Clock: h.clock,
		Find: func(s Space) (Tree, error) {
			if !s.is(h.kernel.space) {
				return nil, errGone
			}
			return h.kernel, nil
		},
		Winner: func(string) (string, int, string) { return "", 0, "" },
		Launch: func(context.Context, int) error { return nil },
	}
	return h
}

// scratch returns a new folder, in memory where that can be had: on disk, every
// fsync takes its time.
func scratch(t testing.TB) string {
	t.Helper()
	base := "/dev/shm"
	if _, err := os.Stat(base); err != nil {
		base = ""
	}
	dir, err := os.MkdirTemp(base, "journal-test-")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// plan changes three settings.
func (h *host) plan() Plan {
	return Plan{DropIn: h.dropIn, Changes: []Change{
		{Key: "net.ipv4.tcp_tw_reuse", From: "2", To: "1"},
		{Key: "net.ipv4.ip_local_port_range", From: "32768 60999", To: "10000 65001"},
		{Key: "net.ipv4.ip_local_reserved_ports", From: "", To: "10080,10443"},
	}}
}

// state is all that a change touches.
type state struct {
	values map[string]string
	files  map[string]string // name: mode and content
}

func (h *host) state(t testing.TB) state {
	t.Helper()
	s := state{values: maps.Clone(h.kernel.values), files: filesIn(t, filepath.Dir(filepath.Dir(h.dropIn)))}
	return s
}

// filesIn returns everything below a folder.
func filesIn(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		content := []byte(info.Mode().Type().String())
		if info.Mode().IsRegular() {
			if content, err = os.ReadFile(path); err != nil {
				return err
			}
		}
		files[path] = fmt.Sprintf("%v %s", info.Mode(), content)
		return nil
	}))
	return files
}

func (s state) equal(o state) bool {
	return maps.Equal(s.values, o.values) && maps.Equal(s.files, o.files)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused checks that err is of a kind, and has a sentence in both languages.
func refused(t testing.TB, err error, want Problem) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Problem != want {
		t.Fatalf("error %v, want problem %d", err, want)
	}
	if e.Text.EN == "" || e.Text.ZH == "" || e.Text.EN == e.Text.ZH {
		t.Errorf("texts %q and %q", e.Text.EN, e.Text.ZH)
	}
	return e
}
