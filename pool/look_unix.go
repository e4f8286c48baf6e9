//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package pool

import "syscall"

// peek looks into the receive queue. Recvfrom with MSG_PEEK takes nothing out;
// MSG_DONTWAIT answers at once, also on a descriptor that blocks.
func peek(fd uintptr, buf []byte) sight {
	for {
		n, _, err := syscall.Recvfrom(int(fd), buf, syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			return quiet
		case err != nil, n == 0:
			return gone
		}
		if hungUp(fd) {
			return gone // after a farewell, as of TLS
		}
		return talking
	}
}
