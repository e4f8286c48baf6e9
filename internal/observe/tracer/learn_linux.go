package tracer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// timewaitHandler returns the address of the function of TIME_WAIT timers.
func timewaitHandler() (uint64, error) {
	address, err := nameHandler()
	if err == nil {
		return address, nil
	}
	address, err = handlerAddress(kallsyms)
	if err == nil {
		return address, nil
	}
	address, other := learnHandler()
	if other != nil {
		return 0, fmt.Errorf("%w; %w", err, other)
	}
	return address, nil
}

// nameHandler asks the kernel's own search by name, which programs may use from
// Linux 5.16 on where the symbol table shows its addresses
// (bpf_kallsyms_lookup_name): reading that table takes much longer.
func nameHandler() (uint64, error) {
	spec, err := loadBpf()
	if err != nil {
		return 0, err
	}
	program, err := ebpf.NewProgram(spec.Programs["on_name"])
	if err != nil {
		return 0, err
	}
	defer program.Close()
	var address uint64
	status, err := program.Run(&ebpf.RunOptions{Context: address, ContextOut: &address})
	if err == nil && status != 0 {
		err = fmt.Errorf("the kernel does not name %s", handler)
	}
	return address, err
}

// learnHandler reads it from a mini-socket that is made for this and does not
// outlive it, or from any other of this thread's network namespace.
func learnHandler() (uint64, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	sockets, err := listSockets()
	if err != nil {
		return 0, fmt.Errorf("learn %s from a socket: %w", handler, err)
	}
	defer sockets.Close() //nolint:errcheck // only read
	discard, why := makeMini()
	defer discard()
	address, err := readHandler(sockets)
	for tries := 0; errors.Is(err, errNoMini) && tries < 20; tries++ {
		time.Sleep(patience / 10) // a busy loopback device is late
		address, err = readHandler(sockets)
	}
	if err != nil {
		return 0, fmt.Errorf("learn %s from a socket: %w", handler, errors.Join(err, why))
	}
	return address, nil
}

var errNoMini = errors.New("no mini-socket is there")

// listSockets loads the program that tells of each socket.
func listSockets() (*link.Iter, error) {
	spec, err := loadBpf()
	if err != nil {
		return nil, err
	}
	program, err := ebpf.NewProgram(spec.Programs["on_each_tcp"])
	if err != nil {
		return nil, err
	}
	defer program.Close()
	return link.AttachIter(link.IterOptions{Program: program})
}

// readHandler asks for this namespace's sockets. With very many the list is cut
// off, as only the first answer is read.
func readHandler(sockets *link.Iter) (uint64, error) {
	list, err := sockets.Open()
	if err != nil {
		return 0, err
	}
	defer list.Close() //nolint:errcheck // only read
	address := make([]byte, 8)
	for {
		_, err := io.ReadFull(list, address)
		switch {
		case err == nil:
			return binary.NativeEndian.Uint64(address), nil
		case errors.Is(err, unix.EAGAIN): // after a million that say nothing
		case errors.Is(err, io.EOF):
			return 0, errNoMini
		default:
			return 0, err
		}
	}
}

// makeMini connects to itself and leaves a FIN_WAIT2 mini-socket, whose timer
// has the same function as those of TIME_WAIT. The returned function, never
// nil, ends it by a reset, so that nothing remains; by itself it would end
// after a second.
func makeMini() (discard func(), err error) {
	var fds []int
	discard = func() {
		for _, fd := range fds {
			_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
			_ = unix.Close(fd)
		}
	}
	open := func() (int, error) {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err == nil {
			fds = append(fds, fd)
		}
		return fd, err
	}
	listener, err := open()
	if err != nil {
		return discard, fmt.Errorf("make a mini-socket: %w", err)
	}
	client, err := open()
	if err != nil {
		return discard, fmt.Errorf("make a mini-socket: %w", err)
	}
	server, err := meet(listener, client)
	if err != nil {
		return discard, fmt.Errorf("make a mini-socket: %w", err)
	}
	fds = []int{listener, server}
	err = errors.Join(
		unix.SetsockoptInt(client, unix.IPPROTO_TCP, unix.TCP_LINGER2, 1),
		unix.Close(client),
		unix.SetsockoptInt(server, unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1), // acknowledges the FIN at once
	)
	if err != nil {
		return discard, fmt.Errorf("make a mini-socket: %w", err)
	}
	return discard, nil
}

// meet connects the client to the listener, over the loopback device.
func meet(listener, client int) (server int, err error) {
	if err := unix.Bind(listener, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, err
	}
	if err := unix.Listen(listener, 1); err != nil {
		return 0, err
	}
	to, err := unix.Getsockname(listener)
	if err != nil {
		return 0, err
	}
	if err := unix.Connect(client, to); err != nil {
		return 0, err
	}
	server, _, err = unix.Accept4(listener, unix.SOCK_CLOEXEC)
	return server, err
}
