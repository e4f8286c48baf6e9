package journal

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// childEnv makes this test's binary do "OPERATION FOLDER" on a journal, as
// linger would, with every call that it makes stopped for the tracer.
const childEnv = "JOURNAL_TEST_CHILD"

func TestMain(m *testing.M) {
	what := os.Getenv(childEnv)
	if what == "" {
		os.Exit(m.Run())
	}
	op, dir, _ := strings.Cut(what, " ")
	if err := child(op, dir); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func child(op, dir string) error {
	c := &cell{dir: dir, path: "/proc/self/ns/net"}
	if op == "guard" {
		return c.journal().Guard(context.Background(), 1)
	}
	if op == "apply-guarded" {
		return c.applyGuarded()
	}
	if err := stopAtCalls(); err != nil {
		return err
	}
	return c.do(context.Background(), op)
}

// cell is a private network namespace, and a folder of files for it.
type cell struct {
	dir  string
	path string // of the namespace
}

// inCell runs fn on a thread in a fresh network namespace. The thread is
// discarded afterwards, and the namespace with it.
func inCell(t *testing.T, fn func(c *cell)) {
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
		fn(&cell{path: fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid())})
	}()
	if err := <-done; err != nil {
		t.Skipf("cannot make a network namespace: %v", err)
	}
}

func (c *cell) journal() *Journal {
	j := New(filepath.Join(c.dir, "journal"), "test",
		func(string) (string, int, string) { return "", 0, "" },
		func(context.Context, int) error { return nil })
	j.Find = func(s Space) (Tree, error) { return findSpace(s, c.path) }
	return j
}

func (c *cell) tree() (Tree, error) { return findSpace(Space{Name: "cell", Host: true}, c.path) }

func (c *cell) dropIn() string { return filepath.Join(c.dir, "etc/sysctl.d/90-linger.conf") }

// plan has a value of each kind: a number, two, and a list that takes more
// than one write.
func (c *cell) plan() Plan {
	var list []string
	for p := 20000; p < 22000; p += 2 {
		list = append(list, strconv.Itoa(p))
	}
	return Plan{DropIn: c.dropIn(), Changes: []Change{
		{Key: "net.ipv4.ip_local_port_range", From: "32768 60999", To: "10000 65001"},
		{Key: "net.ipv4.ip_local_reserved_ports", From: "8080", To: strings.Join(list, ",")},
		{Key: "net.ipv4.tcp_tw_reuse", From: "2", To: "1"},
	}}
}

// do does an operation on entry 1.
func (c *cell) do(ctx context.Context, op string) error {
	j := c.journal()
	var err error
	switch op {
	case "apply", "apply-within":
		p := c.plan()
		if op != "apply" {
			p.ConfirmWithin = time.Hour
		}
		t, errTree := c.tree()
		if errTree != nil {
			return errTree
		}
		defer t.Close()
		_, err = j.Apply(ctx, p, t)
	case "confirm":
		_, err = j.Confirm(ctx, 1)
	case "undo":
		_, err = j.Undo(ctx, 1, StepBack)
	case "finish":
		_, err = j.Finish(ctx, 1)
	case "recover":
		_, err = j.Recover(ctx)
	default:
		err = fmt.Errorf("no operation %q", op)
	}
	return err
}

// reset gives the cell its old values, and a fresh folder.
func (c *cell) reset(t *testing.T, withFile bool) {
	t.Helper()
	if c.dir != "" {
		must(t, os.RemoveAll(c.dir))
	}
	dir := scratch(t)
	c.dir = dir
	must(t, os.MkdirAll(filepath.Join(dir, "etc"), 0o755))
	if withFile {
		must(t, os.Mkdir(filepath.Dir(c.dropIn()), 0o755))
		must(t, os.WriteFile(c.dropIn(), []byte("# mine\nnet.ipv4.tcp_tw_reuse = 0\n"), 0o640))
		must(t, os.Chown(c.dropIn(), 12, 34))
	}
	tree, err := c.tree()
	must(t, err)
	defer tree.Close()
	for _, ch := range c.plan().Changes {
		must(t, tree.Write(ch.Key, ch.From))
	}
}

// state is what the machine has of the change.
func (c *cell) state(t *testing.T) state {
	t.Helper()
	tree, err := c.tree()
	must(t, err)
	defer tree.Close()
	s := state{values: make(map[string]string), files: make(map[string]string)}
	for _, ch := range c.plan().Changes {
		v, err := tree.Read(ch.Key)
		must(t, err)
		s.values[ch.Key] = v
	}
	for path, content := range filesIn(t, filepath.Join(c.dir, "etc")) {
		var stat unix.Stat_t
		must(t, unix.Lstat(path, &stat))
		rel, _ := filepath.Rel(c.dir, path)
		s.files[rel] = fmt.Sprintf("%d:%d %s", stat.Uid, stat.Gid, content)
	}
	return s
}

func (s state) String() string {
	values := maps.Clone(s.values)
	for k, v := range values {
		values[k] = excerpt(v)
	}
	return fmt.Sprintf("%v %v", values, s.files)
}
