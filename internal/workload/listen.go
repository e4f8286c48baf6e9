package workload

import (
	"context"
	"net"
	"net/netip"
	"syscall"
)

// listen listens for plain TCP with the options as told. The net package sets
// SO_REUSEADDR and IPV6_V6ONLY before it calls Control, which comes before
// bind(2). It would also make a dual-stack socket of 0.0.0.0 if it were not
// told tcp4.
func listen(ctx context.Context, addr string, o Options) (*net.TCPListener, error) {
	at, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, err
	}
	network := "tcp"
	if at.Addr().Is4() {
		network = "tcp4"
	}
	config := net.ListenConfig{KeepAlive: -1, Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		if outer := c.Control(func(fd uintptr) { err = o.apply(int(fd)) }); outer != nil {
			return outer
		}
		return err
	}}
	config.SetMultipathTCP(false)
	return asUser(o.UID, func() (*net.TCPListener, error) {
		l, err := config.Listen(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return l.(*net.TCPListener), nil
	})
}

// acceptAs accepts a connection that belongs to a user.
func acceptAs(uid uint32, l *net.TCPListener) (*net.TCPConn, error) {
	return asUser(uid, l.AcceptTCP)
}
