package pool

import (
	"context"
	"net"
	"syscall"
)

// ListenConfig listens like net.ListenConfig, so that a server can start again
// on its port at once. The zero value is good for a server that stops before it
// starts.
//
// A server that closed connections first has them in TIME_WAIT on its port, and
// bind(2) fails with EADDRINUSE for 60 seconds unless both the old and the new
// listener have SO_REUSEADDR. Go sets it on every listener, except on Windows,
// where it means another thing and is not needed. It does not help against
// TIME_WAIT of connections that went out from that port: keep listening ports
// out of ip_local_port_range, or in ip_local_reserved_ports.
type ListenConfig struct {
	// Base holds all that net.ListenConfig can do.
	Base net.ListenConfig

	// ReusePort sets SO_REUSEPORT (Linux 3.9), with which the next server can
	// listen before this one stops. Both must set it and, on Linux, run as the
	// same user. Linux spreads connections among all listeners; what waits in
	// the queue of one that is closed is reset, unless
	// net.ipv4.tcp_migrate_req is 1 (5.14): so accept what is there before
	// closing. macOS and the BSDs have the option, but do not spread. Elsewhere
	// Listen fails with errors.ErrUnsupported.
	ReusePort bool
}

// Listen listens on address, as net.ListenConfig.Listen does.
func (l *ListenConfig) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	base := l.Base
	if control := base.Control; l.ReusePort {
		base.Control = func(network, address string, raw syscall.RawConn) error {
			var err error
			if ctl := raw.Control(func(fd uintptr) { err = setReusePort(fd) }); ctl != nil {
				return ctl
			}
			if err != nil || control == nil {
				return err
			}
			return control(network, address, raw)
		}
	}
	return base.Listen(ctx, network, address)
}
