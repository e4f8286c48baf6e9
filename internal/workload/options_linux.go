package workload

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// ipLocalPortRange is IP_LOCAL_PORT_RANGE of include/uapi/linux/in.h.
const ipLocalPortRange = 51

// apply sets the options, all but UID, on a socket. Those that are off are set
// too where Go's own sockets have them on.
func (o Options) apply(fd int) error {
	type option struct {
		name               string
		level, number, val int
	}
	list := []option{{"SO_REUSEADDR", unix.SOL_SOCKET, unix.SO_REUSEADDR, 0}}
	if o.ReuseAddr {
		list[0].val = 1
	}
	add := func(on bool, name string, level, number, val int) {
		if on {
			list = append(list, option{name, level, number, val})
		}
	}
	add(o.ReusePort, "SO_REUSEPORT", unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	add(o.NoPort, "IP_BIND_ADDRESS_NO_PORT", unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	add(o.V6Only, "IPV6_V6ONLY", unix.SOL_IPV6, unix.IPV6_V6ONLY, 1)
	add(o.PortRange != [2]uint16{}, "IP_LOCAL_PORT_RANGE", unix.SOL_IP, ipLocalPortRange,
		int(int32(uint32(o.PortRange[1])<<16|uint32(o.PortRange[0]))))
	add(o.Linger2 > 0, "TCP_LINGER2", unix.SOL_TCP, unix.TCP_LINGER2, int((o.Linger2+time.Second-1)/time.Second))
	add(o.Negative, "TCP_LINGER2", unix.SOL_TCP, unix.TCP_LINGER2, -1)
	add(o.KeepAlive, "SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
	for _, o := range list {
		if err := unix.SetsockoptInt(fd, o.level, o.number, o.val); err != nil {
			return os.NewSyscallError("set "+o.name, err)
		}
	}
	return nil
}
