// Package netlab is the laboratory on the real kernel: private network
// namespaces joined by veth pairs, with real processes in them.
//
// Nothing of a World is visible to the host. Its namespaces have no name, no
// mount and no interface outside; they are held by open descriptors and by
// the processes inside, so the kernel removes everything when this process
// ends, also by SIGKILL. It runs no other program than those it is given.
//
// It needs CAP_SYS_ADMIN and CAP_NET_ADMIN: as root, or as root of a user
// namespace of its own (Reexec). Linux only; elsewhere every function returns
// an error that wraps errors.ErrUnsupported.
package netlab
