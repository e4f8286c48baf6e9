package tracer

import (
	"bufio"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// The programs of these tests are this binary with agentEnv set. They know
// who opened and who closed each socket, and write it down by cookie.
const (
	agentEnv = "TRACER_AGENT"
	truthEnv = "TRACER_TRUTH"
	portsEnv = "TRACER_PORTS" // of the server: IPv4, IPv6
	countEnv = "TRACER_COUNT"
	wayEnv   = "TRACER_WAY"
)

func TestMain(m *testing.M) {
	agents := map[string]func(*witness) error{
		"server": serve, "client": drive, "victim": fall, "ancestor": bequeath, "heir": inherit, "holder": hold,
		"failing": failToBind, "stranger": openWithoutRights, "modest": traceModestly, "dropper": traceAndDrop,
	}
	name := os.Getenv(agentEnv)
	if name == "" {
		os.Exit(m.Run())
	}
	w, err := newWitness(os.Getenv(truthEnv))
	if err == nil {
		err = errors.Join(agents[name](w), w.close())
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// truth is what the driver knows of one end of a connection.
type truth struct {
	cookie         uint64
	opener, closer int // 0: nobody closed it
	origin         Origin
	first          First
	how            How
	lingers        bool   // a mini-socket is left
	half           bool   // and that one is in FIN_WAIT2
	name           string // of opener and closer, if they are one
}

// witness writes truths down. It is safe for concurrent use.
type witness struct {
	mu   sync.Mutex // guards out and name
	file *os.File
	out  *bufio.Writer
	name string
}

func newWitness(path string) (*witness, error) {
	if path == "" {
		path = filepath.Join(os.TempDir(), "tracer")
	}
	file, err := os.Create(fmt.Sprintf("%s.%d", path, os.Getpid()))
	if err != nil {
		return nil, err
	}
	name, err := os.ReadFile("/proc/self/comm")
	return &witness{file: file, out: bufio.NewWriter(file), name: strings.TrimSpace(string(name))}, err
}

func (w *witness) swear(tr truth) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, _ = fmt.Fprintln(w.out, tr.cookie, tr.opener, tr.closer, uint8(tr.origin), uint8(tr.first), uint8(tr.how), tr.lingers, tr.half, w.name)
}

func (w *witness) flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.Flush()
}

func (w *witness) close() error { return errors.Join(w.flush(), w.file.Close()) }

// rename changes the process's name, which is its first thread's.
func (w *witness) rename(name string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.name = name
	return os.WriteFile("/proc/self/comm", []byte(name), 0)
}

func readTruths(t *testing.T, path string) []truth {
	t.Helper()
	files, err := filepath.Glob(path + ".*")
	if err != nil {
		t.Fatal(err)
	}
	var all []truth
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			var tr truth
			_, err := fmt.Sscan(line, &tr.cookie, &tr.opener, &tr.closer, (*uint8)(&tr.origin), (*uint8)(&tr.first), (*uint8)(&tr.how), &tr.lingers, &tr.half, &tr.name)
			if err != nil {
				t.Fatalf("%s: %q: %v", file, line, err)
			}
			all = append(all, tr)
		}
	}
	return all
}

func number(env string) int {
	n, _ := strconv.Atoi(os.Getenv(env))
	return n
}

func cookieOf(fd int) uint64 {
	cookie, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_COOKIE)
	if err != nil {
		panic(err)
	}
	return cookie
}

func sockaddr(v6 bool, addr netip.Addr, port int) unix.Sockaddr {
	if v6 {
		return &unix.SockaddrInet6{Port: port, Addr: addr.As16()}
	}
	return &unix.SockaddrInet4{Port: port, Addr: addr.As4()}
}

func portOf(fd int) int {
	switch a, _ := unix.Getsockname(fd); a := a.(type) {
	case *unix.SockaddrInet4:
		return a.Port
	case *unix.SockaddrInet6:
		return a.Port
	}
	return 0
}

func socket(v6 bool) (int, error) {
	domain := unix.AF_INET
	if v6 {
		domain = unix.AF_INET6
	}
	return unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
}

// again repeats a call that a signal interrupted (Go's preemption).
func again(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}

func readByte(fd int) (byte, int, error) {
	var b [1]byte
	n, err := again(func() (int, error) { return unix.Read(fd, b[:]) })
	return b[0], n, err
}

func writeBytes(fd int, text string) error {
	_, err := again(func() (int, error) { return unix.Write(fd, []byte(text)) })
	return err
}

func resetOnClose(fd int) error {
	return unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
}
