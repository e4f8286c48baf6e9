package capture

import (
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// open makes a packet socket in the namespace of the calling thread. Being
// SOCK_DGRAM it gives packets from the IP header on, whatever the interface.
func open(interfaces []string) (fd int, err error) {
	// Without a protocol nothing comes before the filter is there.
	fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return 0, fmt.Errorf("make packet socket: %w", err)
	}
	defer func() {
		if err != nil {
			_ = unix.Close(fd)
		}
	}()
	program, err := filter(interfaces)
	if err != nil {
		return 0, err
	}
	fprog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	if err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &fprog); err != nil {
		return 0, fmt.Errorf("attach filter: %w", err)
	}
	// Root of a user namespace may not force it, and gets what rmem_max allows.
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, buffer) != nil {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, buffer); err != nil {
			return 0, fmt.Errorf("set up packet socket: size of the buffer: %w", err)
		}
	}
	for _, o := range []struct{ level, name, value int }{
		{unix.SOL_SOCKET, unix.SO_TIMESTAMPNS_NEW, 1}, // 64-bit seconds everywhere; Linux 5.1
		{unix.SOL_PACKET, unix.PACKET_AUXDATA, 1},
	} {
		if err := unix.SetsockoptInt(fd, o.level, o.name, o.value); err != nil {
			return 0, fmt.Errorf("set up packet socket: option %d: %w", o.name, err)
		}
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: bigEndian(unix.ETH_P_ALL)}); err != nil {
		return 0, fmt.Errorf("bind packet socket: %w", err)
	}
	return fd, nil
}

func bigEndian(v uint16) uint16 { return v<<8 | v>>8 }

// filter lets TCP pass, cut to SnapLen bytes, on the interfaces or on all.
func filter(interfaces []string) ([]unix.SockFilter, error) {
	const (
		load4  = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		load2  = unix.BPF_LD | unix.BPF_H | unix.BPF_ABS
		load1  = unix.BPF_LD | unix.BPF_B | unix.BPF_ABS
		equal  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		anyBit = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
		shift  = unix.BPF_ALU | unix.BPF_RSH | unix.BPF_K
		give   = unix.BPF_RET | unix.BPF_K
	)
	var program []unix.SockFilter
	if len(interfaces) > 0 {
		if len(interfaces) > 100 { // jumps are a byte wide
			return nil, fmt.Errorf("capture on %d interfaces: 100 are the most", len(interfaces))
		}
		const number = 1<<32 - 0x1000 + 8 // SKF_AD_OFF + SKF_AD_IFINDEX: not of the packet
		program = append(program, unix.SockFilter{Code: load4, K: number})
		for i, name := range interfaces {
			found, err := net.InterfaceByName(name)
			if err != nil {
				return nil, fmt.Errorf("find %s: %w", name, err)
			}
			program = append(program, unix.SockFilter{Code: equal, Jt: uint8(len(interfaces) - i), K: uint32(found.Index)})
		}
		program = append(program, unix.SockFilter{Code: give, K: 0})
	}
	return append(program,
		unix.SockFilter{Code: load1, K: 0},                         // version and header length
		unix.SockFilter{Code: shift, K: 4},                         //
		unix.SockFilter{Code: equal, K: 4, Jf: 4},                  // not IPv4: skip four
		unix.SockFilter{Code: load2, K: 6},                         // IPv4: fragment offset
		unix.SockFilter{Code: anyBit, K: 0x1fff, Jt: 6},            // a later fragment: refuse
		unix.SockFilter{Code: load1, K: 9},                         // IPv4: protocol
		unix.SockFilter{Code: equal, K: protocolTCP, Jt: 3, Jf: 4}, //
		unix.SockFilter{Code: equal, K: 6, Jf: 3},                  // not IPv6 either: refuse
		unix.SockFilter{Code: load1, K: 6},                         // IPv6: next header
		unix.SockFilter{Code: equal, K: protocolTCP, Jf: 1},        //
		unix.SockFilter{Code: give, K: SnapLen},
		unix.SockFilter{Code: give, K: 0},
	), nil
}
