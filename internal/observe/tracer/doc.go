// Package tracer tells who opened, who closed first, and how, for every TCP
// connection that ends on this host, also when the process is gone long since.
//
// Small BPF programs (trace.c and its headers) watch TCP's state changes. The
// closer is the task that runs at ESTABLISHED -> FIN_WAIT1, which is always
// the one that calls close or shutdown, or dies. That a TIME_WAIT is made is
// seen from the start of its timer, because the state tracepoint does not show
// it. Everything is counted in the kernel per process; records of single
// connections are made only when Options.Records asks for them.
//
// Only BTF tracepoints are needed, no fentry and no kprobes, and of the
// rights CAP_BPF and CAP_PERFMON, from Linux 5.12 on. Where that is not to
// be had, Open says so with an *UnavailableError. That bind and listen fail is
// seen where the kernel lets functions be watched (fexit), from 5.17 on. Else
// their system calls are watched, for which tracefs must be mounted and
// readable, or CAP_SYS_ADMIN there to mount it out of sight; that makes each
// system call of the host some 60 ns longer. Once open, a Tracer needs no
// rights: DropPrivileges.
//
// Process numbers are those of the host, also when the caller lives in a PID
// namespace. Names come from strangers: they may hold any byte.
package tracer
