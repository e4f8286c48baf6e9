package kerneltest

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/twin"
)

// stage carries a case out on a twin.
type stage struct {
	c     *Case
	h     *twin.Host
	phase time.Duration
	made  []made            // by operation
	last  map[twin.Conn]int // the operation that made the connection of this name last
}

// made is what an operation left behind.
type made struct {
	what    standing
	conn    twin.Conn
	mirror  twin.Conn // the other end, if that is in the same namespace
	socket  twin.SocketID
	options twin.SocketOptions
	at      netip.Addr
	port    uint16
}

// standing is what an operation's socket is now.
type standing uint8

const (
	gone standing = iota
	connected
	abandoned
	bound
)

// needs is what an operation asks of the one that it is about.
func (k Kind) needs() standing {
	switch k {
	case DialFrom, Listen, Unbind, Accept:
		return bound
	case CloseByUs, CloseByThem, Reset, Abandon:
		return connected
	case PeerCloses:
		return abandoned
	}
	return gone
}

// newStage makes the twin of a kernel for a case. IP_LOCAL_PORT_RANGE leads it
// where Follow wants it, also for kernels that did not have that option.
func newStage(c *Case, clock Clock, seed uint64) (*stage, error) {
	behave, err := twin.KernelOf(clock.Release)
	if err != nil {
		return nil, err
	}
	behave.OwnRange, behave.OwnRangePlain = true, true
	h, err := twin.New(twin.Options{Kernel: clock.Release, Behave: &behave, HZ: clock.HZ, Seed: seed})
	if err != nil {
		return nil, err
	}
	s := &stage{c: c, h: h, phase: max(0, clock.Phase), made: make([]made, len(c.Ops)), last: make(map[twin.Conn]int)}
	if err := h.Set("net.ipv4.ip_local_port_range", fmt.Sprintf("%d %d", c.Low, c.High)); err != nil {
		return nil, err
	}
	for _, set := range c.Settings {
		if err := h.Set(set.Key, set.Value); err != nil {
			return nil, err
		}
	}
	h.Advance(s.phase)
	return s, nil
}

// advance lets time pass until so long after the begin of the case.
func (s *stage) advance(to time.Duration) { s.h.Advance(s.phase + to) }

// apply carries out an operation other than Dial and Bind to port 0, which are
// the kernel's choice. It must not need what is not there.
func (s *stage) apply(i int) Done {
	op := &s.c.Ops[i]
	m, of := &s.made[i], &s.made[op.Of]
	var err error
	switch op.Kind {
	case DialFrom:
		var a twin.Attempt
		if a, err = s.h.ConnectFrom(of.socket, s.group(op)); err == nil {
			of.what = gone
			err = s.opened(i, a.Conn)
		}
	case CloseByUs:
		err = s.close(of, twin.ByUs, twin.ByThem)
	case CloseByThem:
		err = s.close(of, twin.ByThem, twin.ByUs)
	case Reset:
		err = s.close(of, twin.ByReset, twin.ByReset)
	case Abandon:
		of.what = abandoned
		err = s.h.Close(of.conn, twin.Abandoned)
	case PeerCloses:
		of.what = gone
		if s.last[of.conn] != op.Of {
			break // a new connection of the same name has ended the peer's
		}
		if s.c.Place != Apart {
			err = s.h.Close(of.mirror, twin.ByThem)
		}
		_ = s.h.FromPeer(of.conn) // its time may be over: then the peer gets a reset
	case Bind:
		err = s.bind(m, op, op.Port, evidence.PortRange{})
	case Listen:
		err = s.h.Listen(of.socket)
	case Unbind:
		of.what = gone
		s.h.Unbind(of.socket)
	case Accept:
		m.conn, err = s.h.Accept(s.h.Inbound(netip.AddrPortFrom(s.c.Source(op.Source), of.port), s.c.Target(op.Target).Addr()), op.Port, of.options)
		m.what, m.port = connected, of.port
	case Set:
		err = s.h.Set(op.Setting.Key, op.Setting.Value)
	case Look:
		d := Done{Minis: s.h.Minis()}
		if op.Deep {
			d.Rows = s.rows()
		}
		return d
	}
	return Done{Errno: errnoOf(err), Port: m.port}
}

// errnoOf keeps what a kernel can say; what only a twin says is not hidden.
func errnoOf(err error) Errno {
	var e twin.Errno
	if errors.As(err, &e) {
		return Errno(e)
	}
	if err != nil {
		return Errno(err.Error())
	}
	return OK
}

func (s *stage) group(op *Op) twin.GroupID {
	return s.h.Outbound(s.c.Source(op.Source), s.c.Target(op.Target))
}

// dial is connect() without a port; own, if not zero, is the range that is left.
func (s *stage) dial(i int, own evidence.PortRange) (twin.Attempt, error) {
	op := &s.c.Ops[i]
	a, err := s.h.Connect(s.group(op), twin.Dial{ReuseAddr: op.ReuseAddr, ReusePort: op.ReusePort, Range: own})
	if err != nil {
		return a, err
	}
	return a, s.opened(i, a.Conn)
}

// opened notes a connection, and what it is for the other end. That may still
// have the one before, whose orphan has gone here: it answers the SYN with an
// ACK, gets a reset, and then the SYN again.
func (s *stage) opened(i int, conn twin.Conn) (err error) {
	op, m := &s.c.Ops[i], &s.made[i]
	m.what, m.conn, m.port = connected, conn, conn.Port
	old, again := s.last[conn]
	s.last[conn] = i
	if s.c.Place == Apart {
		return nil
	}
	if again && s.made[old].what == abandoned {
		err = s.h.Close(s.made[old].mirror, twin.ByReset)
	}
	if err == nil {
		m.mirror, err = s.h.Accept(s.h.Inbound(s.c.Target(op.Target), s.c.Source(op.Source)), conn.Port, twin.SocketOptions{})
	}
	return err
}

func (s *stage) close(m *made, ours, theirs twin.Closing) error {
	m.what = gone
	err := s.h.Close(m.conn, ours)
	if err == nil && s.c.Place != Apart {
		err = s.h.Close(m.mirror, theirs)
	}
	return err
}

// bind is bind(); own, if not zero, is the range that is left for port 0.
func (s *stage) bind(m *made, op *Op, port uint16, own evidence.PortRange) (err error) {
	m.at = s.c.Source(op.Source)
	if op.Wild {
		m.at = s.c.Wildcard()
	}
	m.options = twin.SocketOptions{ReuseAddr: op.ReuseAddr, ReusePort: op.ReusePort, Range: own}
	if m.socket, _, err = s.h.Bind(m.at, port, m.options); err == nil {
		m.what, m.port = bound, s.h.Port(m.socket)
	}
	return err
}

// rows lists the connections, without listeners and sockets that are only bound.
func (s *stage) rows() map[Row]uint32 {
	rows := make(map[Row]uint32)
	for r := range s.h.Sockets() {
		if r.State == tcp.BoundInactive {
			continue
		}
		row, left := rowOf(&r)
		rows[row] = left
	}
	return rows
}

// rowOf tells what both sides can: a twin calls all that is open ESTABLISHED.
func rowOf(r *evidence.Socket) (Row, uint32) {
	row := Row{State: r.State, SrcPort: r.SrcPort, DstPort: r.DstPort, Src: r.Src, Dst: r.Dst}
	if r.State == tcp.CloseWait {
		row.State = tcp.Established
	}
	left := uint32(0)
	if r.Mini() {
		left = r.Expires
	}
	return row, left
}
