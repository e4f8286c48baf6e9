package binders

import "golang.org/x/sys/unix"

// Privileged reports whether the calling thread has CAP_NET_BIND_SERVICE.
func Privileged() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	return unix.Capget(&header, &data[0]) == nil && data[0].Effective>>unix.CAP_NET_BIND_SERVICE&1 != 0
}
