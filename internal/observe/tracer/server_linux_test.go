package tracer

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// server answers each connection as the client's first byte asks for:
//
//	c client closes first, in whatever way    r client resets
//	s server closes first                     R server resets
//	S server shuts down first                 u client leaves data unread
//	h as c, but the server closes only after a connection that says g
//	l as c, but the server closes so late that it has acknowledged before
//	L as l, but the server sends something before
type server struct {
	w       *witness
	pid     int
	release chan struct{}
	once    sync.Once
	busy    sync.WaitGroup
}

// late leaves the loopback device time for what was sent before, when it is
// busy.
const late = 100 * time.Millisecond

// serve runs until its standard input ends.
func serve(w *witness) error {
	s := &server{w: w, pid: os.Getpid(), release: make(chan struct{})}
	var ports [2]int
	_, _ = fmt.Sscan(os.Getenv(portsEnv), &ports[0], &ports[1])
	var fds [2]int
	for i := range fds {
		fd, err := listenOn(i == 1, ports[i])
		if err != nil {
			return err
		}
		fds[i], ports[i] = fd, portOf(fd)
		s.busy.Go(func() { s.accept(fd) })
	}
	fmt.Println(ports[0], ports[1])
	_, err := io.Copy(io.Discard, os.Stdin)
	for _, fd := range fds {
		_ = unix.Shutdown(fd, unix.SHUT_RD) // makes accept return
	}
	s.busy.Wait()
	for _, fd := range fds {
		_ = unix.Close(fd)
	}
	return err
}

func listenOn(v6 bool, port int) (int, error) {
	fd, err := socket(v6)
	if err != nil {
		return 0, err
	}
	addr := netip.IPv4Unspecified()
	if v6 {
		addr = netip.IPv6Unspecified()
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return 0, err
	}
	if os.Getenv(wayEnv) == "reuseport" {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
			return 0, err
		}
	}
	if err := unix.Bind(fd, sockaddr(v6, addr, port)); err != nil {
		return 0, err
	}
	return fd, unix.Listen(fd, 1024)
}

func (s *server) accept(listener int) {
	for {
		fd, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return
		default:
			s.busy.Go(func() { s.answer(fd) })
		}
	}
}

func (s *server) answer(fd int) {
	tr := truth{cookie: cookieOf(fd), opener: s.pid, closer: s.pid, origin: Accepted, how: ByClose}
	op, n, err := readByte(fd)
	switch {
	case n == 0 || err != nil:
		tr.first = Them
	case op == 's':
		tr.first, tr.lingers = Us, true
		_ = writeBytes(fd, "k")
	case op == 'S':
		tr.first, tr.how, tr.lingers = Us, ByShutdown, true
		_ = writeBytes(fd, "k")
		_ = unix.Shutdown(fd, unix.SHUT_WR)
		_, _, _ = readByte(fd)
	case op == 'R':
		tr.first = ResetByUs
		_ = writeBytes(fd, "k")
		_ = resetOnClose(fd)
	case op == 'r':
		tr.first, tr.closer = ResetByThem, 0
		_ = writeBytes(fd, "k")
		_, _, _ = readByte(fd)
	case op == 'u':
		tr.first, tr.closer = ResetByThem, 0
		_ = writeBytes(fd, "kk")
		_, _, _ = readByte(fd)
	default:
		tr.first = Them
		_ = writeBytes(fd, "k")
		_, _, _ = readByte(fd)
		if op == 'g' {
			s.once.Do(func() { close(s.release) })
		}
		switch op {
		case 'h':
			<-s.release
		case 'l':
			_ = acknowledge(fd)
			time.Sleep(late)
		case 'L': // what answers is the mini-socket, with a reset
			tr.closer = 0
			_ = acknowledge(fd)
			time.Sleep(late)
			_ = writeBytes(fd, "x")
			time.Sleep(late)
		}
	}
	_ = unix.Close(fd)
	s.w.swear(tr)
}

// acknowledge sends a delayed acknowledgement now.
func acknowledge(fd int) error {
	return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1)
}
