package tracer

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

// client opens connections to a server and ends them in ways that it knows.
type client struct {
	w     *witness
	pid   int
	ports [2]int

	mu     sync.Mutex // guards the conversation with the helper
	helper int        // socket to a process that closes for us
	theirs int        // its PID
}

func newClient(w *witness) (*client, error) {
	c := &client{w: w, pid: os.Getpid()}
	_, err := fmt.Sscan(os.Getenv(portsEnv), &c.ports[0], &c.ports[1])
	return c, err
}

// drive makes connections of all kinds from several threads, changes the
// process's name, and makes as many again.
func drive(w *witness) error {
	c, err := newClient(w)
	if err != nil {
		return err
	}
	if err := c.engage(); err != nil {
		return err
	}
	half := number(countEnv) / 2
	if err := c.rounds(half); err != nil {
		return err
	}
	if err := w.rename("renamed"); err != nil {
		return err
	}
	return c.rounds(half)
}

func (c *client) rounds(n int) error {
	const threads = 4
	var group sync.WaitGroup
	errs := make([]error, threads)
	for i := range threads {
		group.Go(func() {
			runtime.LockOSThread()      // and its end ends the thread
			if unix.Gettid() != c.pid { // the first thread's name is the process's
				errs[i] = unix.Prctl(unix.PR_SET_NAME, uintptr(namePointer("not-the-process")), 0, 0, 0)
			}
			for j := 0; j < n/threads && errs[i] == nil; j++ {
				errs[i] = c.one()
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

func (c *client) one() error {
	if rand.IntN(12) == 0 {
		return c.alone()
	}
	ops := "ccccsssSwwrRuHlL"
	return c.play(ops[rand.IntN(len(ops))])
}

// dial connects, over IPv4, IPv6, or IPv4 on an IPv6 socket. The many IPv4
// destinations are for the sake of free ports.
func (c *client) dial(op byte) (int, truth, error) {
	v4 := netip.AddrFrom4([4]byte{127, 0, byte(rand.IntN(8)), 1})
	kind := rand.IntN(4)
	v6, port, addr := kind >= 2, c.ports[min(kind, 1)], v4
	switch kind {
	case 2:
		addr = netip.IPv6Loopback()
	case 3:
		addr = netip.AddrFrom16(v4.As16())
	}
	fd, err := socket(v6)
	if err != nil {
		return 0, truth{}, err
	}
	if err := unix.Connect(fd, sockaddr(v6, addr, port)); err != nil {
		return 0, truth{}, fmt.Errorf("connect to %v: %w", addr, err)
	}
	tr := truth{cookie: cookieOf(fd), opener: c.pid, closer: c.pid, origin: Connected, first: Us, how: ByClose, lingers: true}
	if err := writeBytes(fd, string(op)); err != nil {
		return 0, tr, err
	}
	if _, n, err := readByte(fd); op != 'R' && (n != 1 || err != nil) {
		return 0, tr, fmt.Errorf("no answer to %c: %d bytes, %w", op, n, err)
	}
	return fd, tr, nil
}

// play ends one connection as op says; H closes it in another process.
func (c *client) play(op byte) error {
	asked := op
	if op == 'w' || op == 'H' {
		asked = 'c'
	}
	fd, tr, err := c.dial(asked)
	if err != nil {
		return err
	}
	switch op {
	case 's', 'S':
		tr.first, tr.lingers = Them, false
		_, _, err = readByte(fd)
	case 'l', 'L':
		tr.half = true
	case 'w':
		tr.how = ByShutdown
		err = unix.Shutdown(fd, unix.SHUT_WR)
		_, _, _ = readByte(fd)
	case 'r':
		tr.first, tr.lingers = ResetByUs, false
		err = resetOnClose(fd)
	case 'R':
		tr.first, tr.closer, tr.lingers = ResetByThem, 0, false
		_, _, _ = readByte(fd)
	case 'u':
		tr.first, tr.lingers = ResetByUs, false
	case 'H':
		tr.closer = c.theirs
		err = c.handOver(fd)
		c.w.swear(tr)
		return err
	}
	_ = unix.Close(fd)
	c.w.swear(tr)
	return err
}

// alone connects a socket to itself: an opening and a closing at once.
func (c *client) alone() error {
	fd, err := socket(false)
	if err != nil {
		return err
	}
	own := netip.AddrFrom4([4]byte{127, 1, 1, byte(1 + rand.IntN(200))})
	if err := unix.Bind(fd, sockaddr(false, own, 0)); err != nil {
		return fmt.Errorf("bind to %v: %w", own, err)
	}
	if err := unix.Connect(fd, sockaddr(false, own, portOf(fd))); err != nil {
		return fmt.Errorf("connect to itself: %w", err)
	}
	tr := truth{cookie: cookieOf(fd), opener: c.pid, closer: c.pid, origin: Connected, first: Both, how: ByClose, lingers: true}
	_ = unix.Close(fd)
	c.w.swear(tr)
	return nil
}

// handOver gives the descriptor to the helper, which then holds the last copy
// and closes it.
func (c *client) handOver(fd int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := unix.Sendmsg(c.helper, []byte("f"), unix.UnixRights(fd), nil, 0); err != nil {
		return fmt.Errorf("hand over: %w", err)
	}
	_ = unix.Close(fd)
	if err := writeBytes(c.helper, "g"); err != nil {
		return err
	}
	_, _, err := readByte(c.helper)
	return err
}
