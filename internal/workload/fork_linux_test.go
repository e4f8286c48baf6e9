package workload

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
	"golang.org/x/sys/unix"
)

// family returns a server with the connection s from client's c, and a child
// that holds it too.
func family(t *testing.T) (client, parent *puppet, child *Driver, pid int) {
	t.Helper()
	from, to := pair(t)
	client, parent = hire(t, from), hire(t, to, "kid", "unborn")
	must(t, parent.Driver, Listen, "l", Request{At: service})
	must(t, client.Driver, Connect, "c", Request{To: service, Await: true})
	must(t, parent.Driver, Accept, "s", Request{Of: "l"})
	pid = must(t, parent.Driver, Fork, "", Request{Child: "kid"}).PID
	child = parent.kids["kid"]
	_, err := child.Started(t.Context())
	check(t, err)
	return client, parent, child, pid
}

func TestKernelConnectionStaysOpenAsLongAsParentOrChildHoldIt(t *testing.T) {
	t.Parallel()
	client, parent, child, _ := family(t)
	must(t, parent.Driver, Close, "s", Request{})
	must(t, child, Write, "s", Request{Data: []byte("from the child")})
	if a := must(t, client.Driver, Read, "c", Request{}); string(a.Data) != "from the child" {
		t.Errorf("%+v", a)
	}
	if a := must(t, client.Driver, Info, "c", Request{}); tcp.State(a.State) != tcp.Established {
		t.Errorf("the parent's close ended the connection: %v", tcp.State(a.State))
	}
	must(t, child, Close, "s", Request{})
	if a := must(t, client.Driver, Read, "c", Request{EOF: true}); a.Count != 0 {
		t.Errorf("%+v", a)
	}
	must(t, child, Close, "l", Request{})
	must(t, client.Driver, Connect, "d", Request{To: service, Await: true}) // the parent still listens
}

func TestKernelChildIsDrivenWhileItsParentIsStoppedOrDead(t *testing.T) {
	t.Parallel()
	client, parent, child, pid := family(t)
	check(t, parent.Signal(syscall.SIGSTOP))
	becomesProcess(t, parent.PID(), "T")
	must(t, child, Write, "s", Request{Data: []byte("1")})
	must(t, client.Driver, Read, "c", Request{Bytes: 1})
	check(t, unix.Kill(pid, unix.SIGSTOP))
	becomesProcess(t, pid, "T")
	parent.Kill()
	<-parent.Done()
	becomesProcess(t, pid, "T") // not woken, nor killed, by its parent's end
	fails(t, Timeout, client.Driver, Read, "c", Request{Within: time.Millisecond})
	answer := make(chan Answer)
	go func() {
		a, _ := child.Do(t.Context(), Request{Call: Write, Socket: "s", Data: []byte("3")})
		answer <- a
	}()
	check(t, unix.Kill(pid, unix.SIGCONT))
	if a := <-answer; a.Count != 1 {
		t.Errorf("%+v", a)
	}
}

func TestKernelKilledChildIsAZombieWithoutSockets(t *testing.T) {
	t.Parallel()
	client, parent, child, pid := family(t)
	must(t, parent.Driver, Close, "s", Request{})
	check(t, unix.Kill(pid, unix.SIGKILL))
	<-child.Ended()
	must(t, client.Driver, Read, "c", Request{EOF: true}) // the kernel closed
	becomesProcess(t, pid, "Z")
	if held := descriptors(t, pid); len(held) > 0 {
		t.Errorf("a zombie holds %v", held)
	}
	must(t, parent.Driver, Info, "l", Request{})
	becomesProcess(t, pid, "Z") // the parent does not care
}

// A child has its own input and output and all sockets, but neither its
// parent's input and output nor those of a child to come.
func TestKernelChildHoldsNothingByAccident(t *testing.T) {
	t.Parallel()
	_, parent, _, pid := family(t)
	elders, kids := descriptors(t, parent.PID()), descriptors(t, pid)
	for _, fd := range []int{0, 1, 5, 6} {
		if what := elders[fd]; !strings.HasPrefix(what, "pipe:") || holds(kids, what) {
			t.Errorf("child holds %s, its parent's descriptor %d: %v", what, fd, kids)
		}
	}
	for _, fd := range []int{0, 1} {
		if what := kids[fd]; !strings.HasPrefix(what, "pipe:") || holds(elders, what) {
			t.Errorf("parent holds %s, its child's descriptor %d: %v", what, fd, elders)
		}
	}
	sockets := 0
	for _, what := range kids {
		if strings.HasPrefix(what, "socket:") {
			sockets++
		}
	}
	if sockets != 2 {
		t.Errorf("child holds %v", kids)
	}
	for _, wrong := range []Request{
		{Call: Fork, Child: "kid"}, // is born
		{Call: Fork, Child: "stranger"},
	} {
		if a, err := parent.Do(t.Context(), wrong); err == nil {
			t.Errorf("%+v", a)
		}
	}
	if a, err := parent.kids["kid"].Do(t.Context(), Request{Call: Fork, Child: "unborn"}); err == nil {
		t.Errorf("%+v", a)
	}
}

func TestKernelChildEndsWithItsInput(t *testing.T) {
	t.Parallel()
	from, _ := pair(t)
	in, toIn, err := os.Pipe()
	check(t, err)
	_ = toIn.Close()
	p := hire(t, from, "kid")
	check(t, p.Signal(syscall.SIGTERM))
	<-p.Ended()
	if err := p.Wait(); err != nil {
		t.Errorf("ended by SIGTERM: %v", err)
	}
	if err := Calls(t.Context(), CallsOptions{In: in}, &strings.Builder{}); err != nil {
		t.Errorf("ended by its input: %v", err)
	}
}

// becomesProcess waits for a state letter of /proc/PID/stat.
func becomesProcess(t *testing.T, pid int, want string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		check(t, err)
		_, rest, _ := strings.Cut(string(stat), ") ")
		if rest[:1] == want {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("process %d is in state %s, not %s", pid, rest[:1], want)
		}
	}
}

// descriptors returns what the descriptors of a process lead to.
func descriptors(t *testing.T, pid int) map[int]string {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(dir)
	check(t, err)
	list := map[int]string{}
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		check(t, err)
		if what, err := os.Readlink(dir + "/" + e.Name()); err == nil {
			list[fd] = what
		}
	}
	return list
}

func holds(list map[int]string, what string) bool {
	for _, held := range list {
		if held == what {
			return true
		}
	}
	return false
}
