// Package owner finds out which processes hold given sockets, and who those
// processes are: name, state, parent, command line, systemd unit, container
// and pod, from /proc and the cgroup of each.
//
// Only the thread group is looked at, as threads share one table of
// descriptors. A thread made by clone without CLONE_FILES, or that called
// unshare(CLONE_FILES), has a table of its own, which is not scanned. The
// exception is a process whose first thread has exited while others run on:
// /proc/PID/fd is empty then, and the table is read from one of the others.
//
// That no process holds a socket does not make it an orphan: its descriptor
// may be in flight in a unix socket, registered with io_uring, or in a BPF
// sockmap. Real orphans have inode 0.
package owner
