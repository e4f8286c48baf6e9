package observe_test

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/netlab"
)

// stranger owns some sockets, so that user ids are compared too.
const stranger = 65534

// oddities adds to a host, on its loopback interface, what EveryState has not:
// unread and unsent bytes, other users, a bound device, all kinds of timers,
// and an orphan of another user. The sockets are closed with the test.
func oddities(t *testing.T, host *netlab.Host) {
	t.Helper()
	o := odd{open: make(map[int]bool)}
	t.Cleanup(func() {
		for fd := range o.open {
			_ = unix.Close(fd)
		}
	})
	must(t, host.Do(func() error {
		o.make()
		return o.err
	}))
}

// odd makes sockets until the first error.
type odd struct {
	open map[int]bool
	err  error
}

func (o *odd) make() {
	l := o.socket()
	o.do(unix.Fchown(l, stranger, stranger))
	o.do(unix.SetsockoptInt(l, unix.SOL_SOCKET, unix.SO_RCVBUF, 4096))
	o.do(unix.Bind(l, oddAddr()))
	o.do(unix.Listen(l, 3))

	unread, _ := o.connect(l)
	o.write(unread, "hello world")

	alive, served := o.connect(l)
	o.do(unix.SetsockoptInt(alive, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1))
	o.do(unix.Fchown(served, stranger, stranger))

	full, _ := o.connect(l)
	o.fill(full)

	orphan, _ := o.connect(l)
	o.do(unix.Fchown(orphan, stranger, stranger))
	o.fill(orphan)
	o.close(orphan) // FIN_WAIT1: its FIN waits behind the unsent bytes

	device := o.socket()
	o.do(unix.BindToDevice(device, "lo"))
	o.do(unix.Connect(device, oddAddr())) // never accepted: no descriptor at the far end
}

func oddAddr() *unix.SockaddrInet4 {
	return &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: 7100}
}

func (o *odd) do(err error) {
	if o.err == nil {
		o.err = err
	}
}

func (o *odd) socket() int {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	o.keep(fd, err)
	return fd
}

func (o *odd) keep(fd int, err error) {
	if o.do(err); err == nil {
		o.open[fd] = true
	}
}

func (o *odd) close(fd int) {
	delete(o.open, fd)
	o.do(unix.Close(fd))
}

func (o *odd) connect(l int) (client, server int) {
	client = o.socket()
	o.do(unix.Connect(client, oddAddr()))
	if o.err != nil {
		return client, -1 // accept would wait for ever
	}
	server, _, err := unix.Accept4(l, unix.SOCK_CLOEXEC)
	o.keep(server, err)
	return client, server
}

func (o *odd) write(fd int, text string) {
	_, err := unix.Write(fd, []byte(text))
	o.do(err)
}

// fill writes until neither end takes more: the window is closed.
func (o *odd) fill(fd int) {
	o.do(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 4096))
	o.do(unix.SetNonblock(fd, true))
	for o.err == nil {
		_, err := unix.Write(fd, make([]byte, 4096))
		if errors.Is(err, unix.EAGAIN) {
			return
		}
		o.do(err)
	}
}
