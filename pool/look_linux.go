package pool

import "golang.org/x/sys/unix"

// hungUp reports whether a FIN is in, also behind bytes that were not read
// (POLLRDHUP, Linux 2.6.17).
func hungUp(fd uintptr) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0
}
