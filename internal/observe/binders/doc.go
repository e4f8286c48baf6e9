// Package binders tells who holds a local port, with all that the kernel asks
// of them when another socket wants it: their options, the table entry they
// share (the bind bucket), and whether connect() or a program chose the port.
//
// Neither inet_diag nor /proc shows these. Small BPF programs (holders.c) walk
// the sockets of the calling thread's namespace (iter/tcp) and, for sockets
// that are bound and nothing more, the files of all processes
// (iter/task_file). What they see is summed up in the kernel: a port with a
// hundred thousand connections comes out as a few lines. They only read.
//
// It needs CAP_BPF and CAP_PERFMON, and Linux 5.9 with BTF. Without, Gather makes do with what inet_diag shows, and says
// what is missing.
//
// Rehearse asks the kernel itself, by a real bind() that is closed at once.
package binders
