// Package sockdiag dumps the TCP sockets of a network namespace through the
// kernel's inet_diag interface (NETLINK_SOCK_DIAG, see sock_diag(7)).
//
// A dump is a stream: every row is decoded into one evidence.Socket that is
// handed out again and again, so a million sockets cost neither memory nor
// garbage. States, ports, addresses and explicit binding are filtered by the
// kernel. No privilege is needed: inet_diag shows everyone's sockets to everyone
// in the network namespace.
//
// Messages are received by hand into one reused buffer. The library
// mdlayher/netlink, which would otherwise be the choice, allocates for every
// message; at a million rows that costs more than the dump itself.
package sockdiag
