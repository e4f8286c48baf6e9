package pool

import (
	"net"
	"syscall"
)

// sight is what one look at an idle connection shows.
type sight uint8

const (
	unseen  sight = iota // cannot be looked at
	quiet                // open, and nothing to read: as it should be
	talking              // bytes wait to be read
	gone                 // the peer sent FIN or RST, or the network gave up
)

// eye looks at connections without allocating. It is for one goroutine at a time.
type eye struct {
	saw   sight
	buf   [1]byte
	visit func(fd uintptr)
}

func newEye() *eye {
	e := new(eye)
	e.visit = func(fd uintptr) { e.saw = peek(fd, e.buf[:]) }
	return e
}

// look uses Control, not Read: the latter waits for the lock of those who read,
// which whoever has the connection by now may hold for long.
func (e *eye) look(raw syscall.RawConn) sight {
	if raw == nil {
		return unseen
	}
	if raw.Control(e.visit) != nil {
		return gone // closed by someone who had it through NetConn
	}
	return e.saw
}

// rawOf finds the socket under c; nil if there is none. TLS is looked through
// (tls.Conn.NetConn): also there the FIN is in the socket.
func rawOf(c net.Conn) syscall.RawConn {
	for {
		switch v := c.(type) {
		case syscall.Conn:
			raw, err := v.SyscallConn()
			if err != nil {
				return nil
			}
			return raw
		case interface{ NetConn() net.Conn }:
			c = v.NetConn()
		default:
			return nil
		}
	}
}
