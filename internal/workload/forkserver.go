package workload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

// ForkOptions is how ForkServer behaves.
type ForkOptions struct {
	ServerOptions
	Retain bool          // keep the descriptor of each connection that a child serves
	Think  time.Duration // before each answer
	Self   []string      // the command line that runs this program again, up to its flags
}

// ForkServer hands each connection to a child process, which serves it like
// EchoServer and closes it by o.How. The parent closes its own descriptor at
// once, or with Retain at its end, and waits for its children. What they count
// is added to its counts; Open is about the parent's own descriptors.
//
// When the program ends it ends its children.
func ForkServer(ctx context.Context, o ForkOptions, out io.Writer) error {
	if o.Self == nil {
		return errors.New("cannot fork: not a process of its own")
	}
	how := o.How
	o.How = ByClose // a reset or a FIN is for the child to send
	s := newServer("fork-server", o.ServerOptions, out)
	s.leak = o.Retain
	args := append(slices.Clone(o.Self), "-serve", "-think="+o.Think.String(), "-every="+o.Every.String())
	if how != "" {
		args = append(args, "-how="+string(how))
	}
	return s.run(ctx, func(ctx context.Context, c *net.TCPConn) error {
		return s.delegate(ctx, c, args)
	})
}

// delegate has a child serve a connection, and returns when the child has
// ended.
func (s *server) delegate(ctx context.Context, c *net.TCPConn, args []string) error {
	conn, err := c.File()
	if err != nil {
		return err
	}
	child := exec.CommandContext(ctx, "/proc/self/exe", args[1:]...)
	child.Args[0] = args[0]
	child.ExtraFiles = []*os.File{conn}
	child.Stderr = os.Stderr
	child.Cancel = func() error { return child.Process.Signal(syscall.SIGTERM) }
	child.WaitDelay = patience
	events, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	_ = conn.Close()
	if !s.leak {
		s.close(c)
	}
	if err != nil {
		return fmt.Errorf("fork: %w", err)
	}
	s.meter.count(func(c *Counts) { c.Children++ })
	var last Counts
	for decode := json.NewDecoder(events); ; {
		var e Event
		if decode.Decode(&e) != nil {
			break
		}
		s.meter.absorb(last, e.Counts)
		last = e.Counts
	}
	err = child.Wait()
	s.meter.count(func(c *Counts) { c.Children-- })
	if ctx.Err() != nil {
		return net.ErrClosed // or about to be
	}
	return err
}

// absorb adds what a child has done from one of its events to the next.
func (m *meter) absorb(last, now Counts) {
	m.count(func(c *Counts) {
		c.Ended += now.Ended - last.Ended
		c.Answered += now.Answered - last.Answered
		c.Failures += now.Failures - last.Failures
		for name, n := range now.Errnos {
			c.Errnos[name] += n - last.Errnos[name]
		}
	})
}

// serveInherited is the child: it serves the connection at the first extra
// descriptor, and ends.
func serveInherited(ctx context.Context, o ForkOptions, out io.Writer) error {
	f := os.NewFile(firstExtra, "connection")
	conn, err := net.FileConn(f)
	_ = f.Close()
	if err != nil {
		return err
	}
	c, ok := conn.(*net.TCPConn)
	if !ok {
		_ = conn.Close()
		return errors.New("not a TCP connection")
	}
	s := newServer("fork-server", o.ServerOptions, out)
	s.talk = EchoOptions{Think: o.Think}.echo(s.meter)
	s.conns[c] = struct{}{}
	s.meter.started(addrPort(c.LocalAddr()), netip.AddrPort{})
	return s.meter.during(ctx, func(ctx context.Context) error {
		stop := context.AfterFunc(ctx, s.closeAll)
		defer stop()
		s.serve(ctx, c)
		return nil
	})
}
