package main

import (
	"encoding/binary"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// canDestroy leaves a TIME_WAIT on loopback and asks the kernel to end it.
func canDestroy() bool {
	from, to, err := linger()
	return err == nil && destroy(from, to) == nil
}

// linger closes a connection from the client's side, and returns the client's
// address and the server's.
func linger() (from, to netip.AddrPort, err error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return from, to, err
	}
	defer func() { _ = l.Close() }()
	client, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		return from, to, err
	}
	server, err := l.Accept()
	if err != nil {
		return from, to, err
	}
	from, to = client.LocalAddr().(*net.TCPAddr).AddrPort(), l.Addr().(*net.TCPAddr).AddrPort()
	if err := client.Close(); err != nil {
		return from, to, err
	}
	return from, to, server.Close()
}

// SOCK_DESTROY of linux/sock_diag.h.
const sockDestroy = 21

// destroy sends the kernel a SOCK_DESTROY for a socket, whatever its cookie:
// an nlmsghdr, then an inet_diag_req_v2.
func destroy(from, to netip.AddrPort) error {
	const length = 16 + 56
	s, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(s) }()
	m := make([]byte, length)
	binary.NativeEndian.PutUint32(m, length)
	binary.NativeEndian.PutUint16(m[4:], sockDestroy)
	binary.NativeEndian.PutUint16(m[6:], unix.NLM_F_REQUEST|unix.NLM_F_ACK)
	m[16], m[17] = unix.AF_INET, unix.IPPROTO_TCP
	binary.NativeEndian.PutUint32(m[20:], 1<<6) // TCP_TIME_WAIT
	binary.BigEndian.PutUint16(m[24:], from.Port())
	binary.BigEndian.PutUint16(m[26:], to.Port())
	copy(m[28:], from.Addr().AsSlice())
	copy(m[44:], to.Addr().AsSlice())
	for i := 64; i < length; i++ {
		m[i] = 0xff // INET_DIAG_NOCOOKIE
	}
	if err := unix.Sendto(s, m, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	answer := make([]byte, 4096)
	n, _, err := unix.Recvfrom(s, answer, 0)
	if err != nil {
		return err
	}
	if n < 20 || binary.NativeEndian.Uint16(answer[4:]) != unix.NLMSG_ERROR {
		return unix.EPROTO
	}
	if code := int32(binary.NativeEndian.Uint32(answer[16:])); code != 0 {
		return unix.Errno(-code)
	}
	return nil
}
