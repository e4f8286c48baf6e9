package rawpeer

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/netlab"
)

const (
	tunPath = "/dev/net/tun"
	// queueLength is how many packets the kernel keeps for the peer before it
	// drops some (the device's ring and its queueing discipline): more than any
	// window, so that packets get lost only where a Rule says so.
	queueLength = 8192
	// upTimeout is far more than the kernel needs.
	upTimeout = 10 * time.Second
)

// Attach makes a TUN device in the namespace of h, gives the kernel its
// addresses on it and brings it up; the Peer is the other end of that link.
// Duplicate address detection is skipped, so it can be used at once. Where
// there can be no TUN device the error is an *UnavailableError.
func Attach(h *netlab.Host, o Options) (*Peer, error) {
	device, err := link(h, o)
	if err != nil {
		return nil, fmt.Errorf("attach a raw peer to %s: %w", h.Name(), err)
	}
	return start(device, o), nil
}

func link(h *netlab.Host, o Options) (*os.File, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	var device *os.File
	var name string
	err := h.Do(func() (err error) {
		device, name, err = openTUN()
		return err
	})
	if err != nil {
		return nil, err
	}
	err = h.AddAddr(name, o.Kernel...)
	if err == nil {
		err = h.Do(func() error { return bringUp(name, o.Kernel) })
	}
	if err != nil {
		_ = device.Close()
		return nil, err
	}
	return device, nil
}

// openTUN makes a device in the namespace of the calling thread. It lives as
// long as its descriptor.
func openTUN() (*os.File, string, error) {
	fd, err := unix.Open(tunPath, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, "", unavailable(err)
	}
	ask, err := unix.NewIfreq("raw%d")
	if err == nil {
		ask.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, ask)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, "", unavailable(err)
	}
	// Only now: a descriptor without a device cannot be polled.
	return os.NewFile(uintptr(fd), tunPath), ask.Name(), nil
}

func unavailable(err error) error {
	e := &UnavailableError{Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO):
		e.Hint = "load the module with \"modprobe tun\"; a container must be given " + tunPath
	case errors.Is(err, fs.ErrPermission):
		e.Hint = "run as root, or give this user access to " + tunPath
	default:
		return fmt.Errorf("make a TUN device: %w", err)
	}
	return e
}

// bringUp sets the device up and waits until packets to its addresses are taken.
func bringUp(name string, addrs []netip.Prefix) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return fmt.Errorf("find %s: %w", name, err)
	}
	if err := netlink.LinkSetTxQLen(link, queueLength); err != nil {
		return fmt.Errorf("lengthen the queue of %s: %w", name, err)
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("set %s up: %w", name, err)
	}
	for _, a := range addrs {
		if err := awaitLocal(a.Addr()); err != nil {
			return fmt.Errorf("wait for %s: %w", a.Addr(), err)
		}
	}
	return nil
}

// awaitLocal waits for the route that delivers packets to addr. That of an IPv6
// address is made later, by a work queue (addrconf_dad_work, also without
// duplicate address detection): a SYN that comes before is dropped and counted
// in Ip6InAddrErrors.
func awaitLocal(addr netip.Addr) error {
	for end := time.Now().Add(upTimeout); time.Now().Before(end); time.Sleep(time.Millisecond) {
		routes, err := netlink.RouteGet(addr.AsSlice())
		if err == nil && len(routes) > 0 && routes[0].Type == unix.RTN_LOCAL {
			return nil
		}
	}
	return os.ErrDeadlineExceeded
}
