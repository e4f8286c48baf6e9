package workload

import (
	"context"
	"io"
	"net"
	"time"
)

// EchoOptions is how EchoServer behaves.
type EchoOptions struct {
	ServerOptions
	CloseFirst bool          // close after the first answer, so that TIME_WAIT stays here
	Think      time.Duration // before each answer
}

// EchoServer answers each request with itself, and closes a connection when
// its peer has. When it ends it closes all connections, and then is the one
// that closes first.
func EchoServer(ctx context.Context, o EchoOptions, out io.Writer) error {
	s := newServer("echo-server", o.ServerOptions, out)
	return s.run(ctx, o.echo(s.meter))
}

// HoldServer answers like EchoServer, but never closes a connection whose peer
// has closed: each stays in CLOSE_WAIT until the program ends.
func HoldServer(ctx context.Context, o ServerOptions, out io.Writer) error {
	s := newServer("hold-server", o, out)
	s.leak = true
	return s.run(ctx, EchoOptions{}.echo(s.meter))
}

// echo returns a function that serves a connection until it is to be closed.
// Its error is io.EOF if the peer has closed.
func (o EchoOptions) echo(m *meter) func(context.Context, *net.TCPConn) error {
	return func(ctx context.Context, c *net.TCPConn) error {
		request := make([]byte, len(Message))
		for {
			if _, err := io.ReadFull(c, request); err != nil {
				return err
			}
			if !sleep(ctx, o.Think) {
				return net.ErrClosed // or about to be
			}
			if _, err := c.Write(request); err != nil {
				return err
			}
			m.count(func(c *Counts) { c.Answered++ })
			if o.CloseFirst {
				return nil
			}
		}
	}
}
