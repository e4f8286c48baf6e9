// Package tcp holds the vocabulary of the protocol: connection states,
// four-tuples, sequence numbers and header flags.
//
// The numbers of the states are Linux's own (include/net/tcp_states.h), so
// that a value read from inet_diag or /proc needs no translation. Everything
// here is a plain value, safe to copy and to compare.
package tcp
