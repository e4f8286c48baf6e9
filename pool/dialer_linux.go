package pool

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// setSource sets what must be set before bind(2). The options are of level
// IPPROTO_IP also for IPv6.
func setSource(fd uintptr, bound bool, ports PortRange) error {
	if bound {
		err := unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
		if err != nil && !errors.Is(err, unix.ENOPROTOOPT) { // before 4.2: see Dialer
			return os.NewSyscallError("setsockopt IP_BIND_ADDRESS_NO_PORT", err)
		}
	}
	if ports == (PortRange{}) {
		return nil
	}
	err := unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_LOCAL_PORT_RANGE, int(ports.High)<<16|int(ports.Low))
	if errors.Is(err, unix.ENOPROTOOPT) {
		return fmt.Errorf("local ports: IP_LOCAL_PORT_RANGE came with Linux 6.3: %w", errors.ErrUnsupported)
	}
	return os.NewSyscallError("setsockopt IP_LOCAL_PORT_RANGE", err)
}
