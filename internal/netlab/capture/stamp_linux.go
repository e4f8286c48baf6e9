package capture

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// awaitStamps waits until the kernel stamps packets as they pass. It switches
// that on in a work queue, some time after the first socket asks
// (net_enable_timestamp in net/core/dev.c); until then a socket is told the time
// at which it reads, and what it reads late seems to have passed late.
func awaitStamps() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("make datagram socket: %w", err)
	}
	defer func() { _ = unix.Close(fd) }()
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS_NEW, 1); err != nil {
		return fmt.Errorf("ask for times: %w", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return fmt.Errorf("bind datagram socket: %w", err)
	}
	self, err := unix.Getsockname(fd)
	if err != nil {
		return fmt.Errorf("find own address: %w", err)
	}
	const tries = 1000 // of about a millisecond
	for range tries {
		stamped, err := isStamped(fd, self)
		if stamped || err != nil {
			return err
		}
	}
	return errors.New("the kernel does not stamp packets with their time")
}

// isStamped sends a datagram to itself and reads it late, to see whether its
// time is that of the reading.
func isStamped(fd int, self unix.Sockaddr) (bool, error) {
	if err := unix.Sendto(fd, []byte{0}, 0, self); err != nil {
		return false, fmt.Errorf("send to myself: %w", err)
	}
	time.Sleep(time.Millisecond)
	before := time.Now()
	var space [1]byte
	var control [128]byte
	_, n, _, _, err := unix.Recvmsg(fd, space[:], control[:], 0)
	if err != nil {
		return false, fmt.Errorf("receive from myself: %w", err)
	}
	when, _ := said(control[:n], 0)
	return when.Before(before), nil
}
