package sockdiag

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/linger-dev/linger/internal/tcp"
)

// Request says which sockets to dump. The kernel filters by all of it, so
// rows that do not match cost no copying. The zero Request asks for
// tcp.AllStates of both families.
type Request struct {
	// States to dump; empty means tcp.AllStates. TIME_WAIT gives the
	// mini-sockets in TIME_WAIT, FIN_WAIT2 the full sockets and the
	// mini-sockets of that substate. SynRecv includes the request socks
	// of half-open connections, NewSynRecv alone gives nothing else; both
	// are listed as SynRecv. BoundInactive is ignored before Linux 6.8; such
	// a socket is listed as Close if it still has the remote port of a
	// connection that was reset, and else as BoundInactive.
	States tcp.StateSet

	// V4 and V6 choose the address families; neither means both, in one
	// walk. IPv4 connections of an AF_INET6 socket belong to V6.
	V4, V6 bool

	LocalPort, RemotePort PortMatch

	// Local and Remote are the prefixes that the addresses must lie in;
	// the zero Prefix means any. An IPv4 prefix, also in its IPv4-mapped
	// form, matches the IPv4 connections of AF_INET6 sockets too. A prefix
	// of IPv6 shorter than 96 bits that covers ::ffff:0:0/96 matches them
	// as well: the kernel compares bits.
	Local, Remote netip.Prefix

	// Explicit leaves only full sockets that called bind() with a port:
	// SOCK_BINDPORT_LOCK is set. A bind() to port 0 does not set it, nor do
	// accepted sockets inherit it, and mini-sockets and request socks have
	// none.
	Explicit bool

	// Info asks for tcp_info. It makes a row of a full socket about three
	// times as long.
	Info bool
}

// PortMatch is a range of ports, both ends included. The zero PortMatch
// stands for any port.
type PortMatch struct{ Low, High uint16 }

// Port returns the match of a single port.
func Port(port uint16) PortMatch { return PortMatch{Low: port, High: port} }

func (m PortMatch) check(end string) error {
	if m.Low > m.High {
		return fmt.Errorf("dump sockets: %s port range %d-%d is empty", end, m.Low, m.High)
	}
	return nil
}

func (req *Request) check() error {
	if err := req.LocalPort.check("local"); err != nil {
		return err
	}
	return req.RemotePort.check("remote")
}

// appendTo appends the netlink message of the request. Only the old request
// TCPDIAG_GETSOCK can ask for both families in one walk of the hash tables
// (inet_diag_dump_compat sets AF_UNSPEC); SOCK_DIAG_BY_FAMILY finds its
// handler by family and would need two walks, each of which visits every
// socket of both.
func (req *Request) appendTo(dst []byte, seq uint32) []byte {
	start := len(dst)
	states, ext := req.States, byte(0)
	if states == 0 {
		states = tcp.AllStates
	}
	if req.Info {
		ext = 1 << (extInfo - 1)
	}
	var id [48]byte // struct inet_diag_sockid: all zero matches all
	ne := binary.NativeEndian
	if req.V4 == req.V6 {
		dst = appendHeader(dst, msgCompat, seq)
		dst = append(dst, 0, 0, 0, ext)
		dst = append(dst, id[:]...)
		dst = ne.AppendUint32(dst, uint32(states))
		dst = ne.AppendUint32(dst, 0)
	} else {
		family := byte(familyInet)
		if req.V6 {
			family = familyInet6
		}
		dst = appendHeader(dst, msgByFamily, seq)
		dst = append(dst, family, protoTCP, ext, 0)
		dst = ne.AppendUint32(dst, uint32(states))
		dst = append(dst, id[:]...)
	}
	if code := req.bytecode(); code != nil {
		dst = ne.AppendUint16(dst, uint16(attrSize+len(code)))
		dst = ne.AppendUint16(dst, reqBytecode)
		dst = append(dst, code...)
	}
	ne.PutUint32(dst[start:], uint32(len(dst)-start))
	return dst
}

// appendHeader appends a struct nlmsghdr whose length is filled in later.
func appendHeader(dst []byte, kind uint16, seq uint32) []byte {
	ne := binary.NativeEndian
	dst = append(dst, 0, 0, 0, 0)
	dst = ne.AppendUint16(dst, kind)
	dst = ne.AppendUint16(dst, flagRequest|flagDump)
	dst = ne.AppendUint32(dst, seq)
	return append(dst, 0, 0, 0, 0)
}
