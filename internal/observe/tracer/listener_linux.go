package tracer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// AddListener tells who owns a listening socket that is older than the
// tracer, so that the opener of what it accepts is known. A listener that the
// tracer saw itself stays as it was seen.
func (t *Tracer) AddListener(l Listener) error {
	table, err := t.table("listeners")
	if err != nil {
		return fmt.Errorf("add listener: %w", err)
	}
	addr := l.Addr.As16()
	if l.V6 && l.Addr.IsUnspecified() {
		addr = netip.IPv6Unspecified().As16()
	}
	key := bpfListenerKey{Netns: l.Namespace, Addr: addr, Port: hostOrder(l.Port)}
	value := bpfListener{Sockets: 1}
	value.Owner.Start, value.Owner.Cgroup = uint64(l.Owner.Start), l.Owner.Cgroup
	value.Owner.Tgid, value.Owner.Parent, value.Owner.Uid = uint32(l.Owner.PID), uint32(l.Owner.Parent), l.Owner.UID
	copy(value.Owner.Name[:len(value.Owner.Name)-1], l.Owner.Name)
	if err := table.Update(&key, &value, ebpf.UpdateNoExist); err != nil && !errors.Is(err, ebpf.ErrKeyExist) {
		return fmt.Errorf("add listener: %w", err)
	}
	return nil
}

// hostOrder turns a port between the network's and the host's order of bytes.
func hostOrder(port uint16) uint16 {
	return binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, port))
}

// NamespaceCookie returns the cookie of the calling thread's network
// namespace: unlike the inode in nsfs it is never used again. It fails with an
// *UnavailableError before Linux 5.14, which has no such cookies.
func NamespaceCookie() (uint64, error) {
	if err := possible(running()); err != nil {
		return 0, err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("ask for the namespace's cookie: %w", err)
	}
	defer unix.Close(fd) //nolint:errcheck // it carries nothing
	var cookie uint64
	size := uint32(unsafe.Sizeof(cookie))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_NETNS_COOKIE,
		uintptr(unsafe.Pointer(&cookie)), uintptr(unsafe.Pointer(&size)), 0)
	switch errno {
	case 0:
		return cookie, nil
	case unix.ENOPROTOOPT:
		return 0, &UnavailableError{
			Why:  fmt.Sprintf("Linux %s is older than 5.14, the first that can for one network namespace", running()),
			Hint: "linger trace --netns all", Err: errno,
		}
	}
	return 0, fmt.Errorf("ask for the namespace's cookie: %w", errno)
}
