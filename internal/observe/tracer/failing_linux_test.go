package tracer

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// openWithoutRights tells what becomes of Open.
func openWithoutRights(*witness) error {
	_, err := Open(Options{})
	var no *UnavailableError
	if !errors.As(err, &no) {
		return fmt.Errorf("not an UnavailableError: %w", err)
	}
	fmt.Println(no.Gap(), no.Hint)
	return nil
}

// failToBind mounts tracefs for itself: the mounts of its thread are its own.
func failToBind(*witness) error {
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("leave the mount namespace: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := unix.Mount("tracefs", tracefs, "tracefs", 0, ""); err != nil && !errors.Is(err, unix.EBUSY) {
		return fmt.Errorf("mount tracefs: %w", err)
	}
	ns, err := NamespaceCookie()
	if err != nil {
		return err
	}
	tr, err := Open(Options{Namespace: ns, Records: true})
	if err != nil {
		return err
	}
	defer tr.Close()
	if err := collide(); err != nil {
		return err
	}
	failures, err := tr.Failures()
	for _, f := range failures {
		fmt.Println(f.Call, f.Addr, f.Owner.PID == os.Getpid(), f.Count)
	}
	return err
}

// collide binds twice to one address in both families, and listens where
// another listens: SO_REUSEADDR lets bind() pass and listen() fail.
func collide() error {
	for _, v6 := range []bool{false, true} {
		addr := netip.AddrFrom4([4]byte{127, 0, 0, 1})
		if v6 {
			addr = netip.IPv6Loopback()
		}
		var fds [4]int
		for i := range fds {
			fd, err := socket(v6)
			if err != nil {
				return err
			}
			defer unix.Close(fd) //nolint:errcheck // the process ends soon
			fds[i] = fd
			if i >= 2 {
				_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
			}
			err = unix.Bind(fd, sockaddr(v6, addr, 7000+i/2))
			if (i == 1) != (err == unix.EADDRINUSE) {
				return fmt.Errorf("bind %d: %v", i, err)
			}
		}
		if err := unix.Listen(fds[2], 1); err != nil {
			return err
		}
		if err := unix.Listen(fds[3], 1); err != unix.EADDRINUSE {
			return fmt.Errorf("listen: %v", err)
		}
	}
	return nil
}
