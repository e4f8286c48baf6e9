// Package tcp holds the vocabulary of the protocol: connection states,
// four-tuples, sequence numbers and header flags.
//
// It also holds the protocol itself: Params.Step is the connection of RFC 9293
// as a pure function, from a connection, the time and an event to the next
// connection and what it sends. It has no clock, no socket and no goroutine;
// whoever runs it brings them. Explore derives the table of states from it.
// The files follow the RFC: calls in open.go and close.go, segments in
// arrive.go and what it leads to, each mechanism in a file of its own.
//
// The numbers of the states are Linux's own (include/net/tcp_states.h), so
// that a value read from inet_diag or /proc needs no translation. Everything
// here is a plain value, safe to copy.
package tcp
