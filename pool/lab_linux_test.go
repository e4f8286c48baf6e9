package pool_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/tcp"
)

const labServer = "10.0.0.2:9000"

// lab is a client host and a server host in a private network.
type lab struct {
	t              *testing.T
	client, server *netlab.Host
	program        *netlab.Process
}

func newLab(t *testing.T) *lab {
	t.Helper()
	if err := netlab.Allowed(); err != nil {
		t.Skip(err)
	}
	world, err := netlab.New()
	must(t, err)
	t.Cleanup(func() { must(t, world.Close()) })
	l := &lab{t: t}
	l.client, err = world.Host("client")
	must(t, err)
	l.server, err = world.Host("server")
	must(t, err)
	must(t, world.Join(l.client, l.server,
		[]netip.Prefix{netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("10.0.0.3/24"), netip.MustParsePrefix("fd00::1/64"), netip.MustParsePrefix("fd00::3/64")},
		[]netip.Prefix{netip.MustParsePrefix("10.0.0.2/24"), netip.MustParsePrefix("fd00::2/64")}))
	return l
}

// startServer runs the echo server as a program of its own, and waits until it listens.
func (l *lab) startServer() {
	l.t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), serveEnv+"="+labServer)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	var err error
	l.program, err = l.server.Start(cmd)
	must(l.t, err)
	eventually(l.t, "server that listens", func() bool {
		return l.count(l.server, tcp.Listen) == 1
	})
}

// killServer ends the server; the kernel closes its connections.
func (l *lab) killServer() {
	l.program.Kill()
	<-l.program.Done()
}

// dialer dials in the client's namespace with any dialer.
func (l *lab) dialer(dial func(ctx context.Context, network, address string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (c net.Conn, err error) {
		doErr := l.client.Do(func() error {
			c, err = dial(ctx, network, address)
			return nil
		})
		return c, errors.Join(err, doErr)
	}
}

// listen accepts connections in the server's namespace and holds them open.
func (l *lab) listen(address string) {
	l.t.Helper()
	var ln net.Listener
	must(l.t, l.server.Do(func() (err error) {
		ln, err = net.Listen("tcp", address)
		return err
	}))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var held []net.Conn
		for {
			c, err := ln.Accept()
			if err != nil {
				for _, c := range held {
					c.Close()
				}
				return
			}
			held = append(held, c)
		}
	}()
	l.t.Cleanup(func() {
		ln.Close()
		<-ended
	})
}

// count returns how many sockets of a host are in a state.
func (l *lab) count(h *netlab.Host, state tcp.State) (n int) {
	l.t.Helper()
	pop, err := h.Population()
	must(l.t, err)
	for _, states := range pop {
		n += states[state]
	}
	return n
}

// timeWait returns the kernel's own count of TIME_WAIT in a host.
func (l *lab) timeWait(h *netlab.Host) (n int) {
	l.t.Helper()
	must(l.t, h.Do(func() error {
		text, err := os.ReadFile("/proc/thread-self/net/sockstat")
		if err != nil {
			return err
		}
		_, after, _ := strings.Cut(string(text), " tw ")
		_, err = fmt.Sscan(after, &n)
		return err
	}))
	return n
}

func kernelAtLeast(t *testing.T, major, minor int) bool {
	t.Helper()
	var u unix.Utsname
	must(t, unix.Uname(&u))
	return evidence.Kernel(unix.ByteSliceToString(u.Release[:])).AtLeast(major, minor)
}
