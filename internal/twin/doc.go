// Package twin is a Linux kernel that exists only in numbers: what it does with
// local ports and closing connections, for every generation from 2.6.32 on.
// It knows no bytes and no segments; one connection costs some ten nanoseconds.
//
// Kernel says how a generation behaves, as data. Host is a network namespace:
// settings, groups of connections with the ports that they hold, mini-sockets
// with their timers. Run drives a host with a workload; Snapshot gives the same
// evidence as a look at a live kernel.
//
// A twin is deterministic: the same kernel, seed and calls give the same bytes
// on every machine. Nothing in it reads a clock, and no floating point number
// decides anything.
//
// # What is simplified
//
// A handshake and a close take no time. The secret behind the choice of ports is
// a number drawn from the seed. Two destinations never share an entry of the
// kernel's table_perturb. A timer restarted by the peer counts its age for
// tcp_tw_reuse from the restart (6.14 and later kernels: from the entry), unless
// it was old enough already. Users of sockets are told apart only among sockets
// that are bound and not connected.
package twin
