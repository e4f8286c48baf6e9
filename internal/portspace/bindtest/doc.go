// Package bindtest puts real sockets of every kind on a port of a private
// namespace, says what they are, and asks the kernel who may bind the port
// then. Tests compare the rules of package portspace, and what is read of the
// kernel's structures, with it. Linux only.
package bindtest
