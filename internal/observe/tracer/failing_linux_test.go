package tracer

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"

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

// failToBind tells what is seen of its calls, and why not.
func failToBind(*witness) error {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	ns, err := NamespaceCookie()
	if err != nil {
		return err
	}
	tr, err := openToFail(Options{Namespace: ns, Records: true})
	if err != nil {
		return err
	}
	defer tr.Close()
	if after, err := os.ReadFile("/proc/self/mountinfo"); err != nil || !bytes.Equal(mounts, after) {
		return fmt.Errorf("the mounts were\n%s\nand are\n%s%w", mounts, after, err)
	}
	c, err := tr.Coverage()
	if err != nil {
		return err
	}
	for _, h := range c.Hooks {
		switch watches := h.program == portProgram || h.Name == "sys_exit_bind"; {
		case h.group != "" && !h.Attached:
			fmt.Println("missing:", h.Name, h.Why)
			return nil
		case watches:
			fmt.Println("seen by", h.Name)
		}
	}
	if err := collide(); err != nil {
		return err
	}
	failures, err := tr.Failures()
	for _, f := range failures {
		fmt.Println(f.Call, f.Addr, f.Owner.PID == os.Getpid(), f.Count)
	}
	return err
}

// waySystemCalls lets the agent watch system calls, also where it could watch
// the function.
const waySystemCalls = "system calls"

func openToFail(opts Options) (*Tracer, error) {
	if os.Getenv(wayEnv) != waySystemCalls {
		return Open(opts)
	}
	handler, why := timewaitHandler()
	list := slices.DeleteFunc(hooks(running()), func(h Hook) bool { return h.program == portProgram })
	return attach(opts.withDefaults(), list, handler, why)
}

// multipath opens a socket of MPTCP, as Go's listeners are by default.
func multipath() (int, error) {
	return unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_MPTCP)
}

// collide binds twice to one address in both families, and once more with
// MPTCP if there is any, and listens where another listens: SO_REUSEADDR lets
// bind() pass and listen() fail.
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
		if v6 {
			continue
		}
		if fd, err := multipath(); err == nil {
			defer unix.Close(fd) //nolint:errcheck // the process ends soon
			if err := unix.Bind(fd, sockaddr(v6, addr, 7000)); err != unix.EADDRINUSE {
				return fmt.Errorf("bind with MPTCP: %v", err)
			}
		}
	}
	return nil
}
