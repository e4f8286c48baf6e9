// Package pool keeps connections to named destinations alive and lends them
// out, instead of dialling anew for each request.
//
// Dialling each time leaves one socket in TIME_WAIT for each request, on
// whichever side closes first, for 60 seconds (Linux). On the side that dials
// these hold local ports: with the default ip_local_port_range, 28 232 of them
// toward one destination, so about 460 requests a second use them all up and
// connect() fails with EADDRNOTAVAIL. A pool that serves the same requests over
// a few dozen connections leaves next to nothing.
//
//	p := pool.New(pool.Options{})
//	defer p.Close()
//
//	c, err := p.Get(ctx, "tcp", "db.example:5432")
//	if err != nil {
//		return err
//	}
//	defer c.Close() // gives it back
//
// # What is lent is fit for use
//
// A connection that was used before is looked at when it is lent: one recv(2)
// with MSG_PEEK and MSG_DONTWAIT, which takes nothing out of the stream. If the
// peer has closed, if the connection is broken, or if bytes wait that nobody
// asked for (the last user did not read its whole reply: the next one would take
// it for its own), the connection is closed and the next one is tried. The same
// look is taken at all idle connections once per Options.CheckInterval, so that
// a server that goes away leaves no sockets in CLOSE_WAIT here.
//
// A look proves that a connection was alive a moment ago. A request that is under
// way when the server goes can still fail. Only the caller knows whether it may
// be sent twice: if so, use Pool.Do.
//
// # What it cannot see
//
//   - A reply that arrives only after the connection was given back and lent again.
//     Read the whole reply, or call Conn.Discard.
//   - Bytes that a bufio.Reader or a tls.Conn has read ahead.
//   - A peer that vanished without a FIN. TCP keep-alive finds it, which package
//     net switches on by default.
//   - Anything of a net.Conn that is not a socket, such as net.Pipe or an SSH
//     channel, and anything on Windows, Solaris, AIX and Plan 9: there only
//     Options.IdleTimeout and Options.MaxLifetime keep connections fresh.
//
// # Who closes first
//
// The side that closes first keeps the TIME_WAIT. The pool closes what was
// idle for longer than Options.IdleTimeout, which should be shorter than the
// server's own: else the server's FIN can cross a request. That costs one
// TIME_WAIT here for each connection that was not needed for so long.
//
// # Around it
//
// Dialer spreads over source addresses without wasting ports, ListenConfig helps
// a server to restart without a gap. Package poolhttp sets net/http's own pool
// right; package poolprom shows a Pool to Prometheus.
package pool
