// Package rawpeer is a TCP end without a kernel: the state machine of package
// tcp on a TUN device, talking to the real kernel of a private network
// namespace.
//
// With it a test can do what no kernel lets a program do: lose exactly the
// last ACK, answer late, stay silent, send a segment of an old connection, or
// have no TIME-WAIT at all. Everything that passes is captured.
//
//	peer, err := rawpeer.Attach(host, rawpeer.Options{Kernel: …, Addrs: …})
//	listener, err := peer.Listen(80)
//	conn, err := listener.Accept(ctx)
//	conn, err := peer.Dial(ctx, netip.AddrPort{}, remote)
//
// One goroutine owns all connections of a Peer; the methods of Peer, Listener,
// Conn and Capture are safe for concurrent use. Only Attach needs Linux.
package rawpeer
