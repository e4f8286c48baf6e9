package sockdiag

import (
	"encoding/binary"
	"net/netip"
)

// Operations of include/uapi/linux/inet_diag.h. S_EQ and D_EQ would be
// shorter for a single port, but are known only since Linux 5.1.
const (
	opJump       = 1
	opSourceGE   = 2
	opSourceLE   = 3
	opDestGE     = 4
	opDestLE     = 5
	opAuto       = 6
	opSourceCond = 7
	opDestCond   = 8
)

// program is a filter that the kernel runs on every socket
// (inet_diag_bc_run). Each operation names the distance to the next one for
// yes and for no. A program that ends exactly at its end accepts, one that
// jumps past it rejects. This builder makes conjunctions only: every yes goes
// on, every no rejects.
type program struct {
	code    []byte
	rejects []int // offsets of the operations whose "no" must jump past the end
}

// bytecode returns the filter of req, nil if every socket passes.
func (req *Request) bytecode() []byte {
	var p program
	p.ports(req.LocalPort, opSourceGE, opSourceLE)
	p.ports(req.RemotePort, opDestGE, opDestLE)
	p.prefix(req.Local, opSourceCond)
	p.prefix(req.Remote, opDestCond)
	if req.Explicit {
		p.notAuto()
	}
	return p.link()
}

func (p *program) op(code byte, size int) {
	p.rejects = append(p.rejects, len(p.code))
	p.code = append(p.code, code, byte(size), 0, 0)
}

// ports adds a comparison for each bound that rejects anything. The port is
// in the "no" field of a second operation.
func (p *program) ports(m PortMatch, ge, le byte) {
	if m == (PortMatch{}) {
		return
	}
	if m.Low > 0 {
		p.op(ge, 8)
		p.code = binary.NativeEndian.AppendUint16(append(p.code, 0, 0), m.Low)
	}
	if m.High < 65535 {
		p.op(le, 8)
		p.code = binary.NativeEndian.AppendUint16(append(p.code, 0, 0), m.High)
	}
}

// prefix adds a struct inet_diag_hostcond with any port. The kernel lets an
// IPv4 condition match IPv4-mapped sockets too.
func (p *program) prefix(prefix netip.Prefix, code byte) {
	if !prefix.IsValid() {
		return
	}
	addr, bits := prefix.Addr(), prefix.Bits()
	if addr.Is4In6() && bits >= 96 {
		addr, bits = addr.Unmap(), bits-96
	}
	family, raw := byte(familyInet6), addr.AsSlice()
	if addr.Is4() {
		family = familyInet
	}
	p.op(code, 12+len(raw))
	p.code = append(p.code, family, byte(bits), 0, 0)
	p.code = binary.NativeEndian.AppendUint32(p.code, ^uint32(0))
	p.code = append(p.code, raw...)
}

// notAuto turns INET_DIAG_BC_AUTO round: its yes falls on a jump that
// rejects, its no skips that jump. Its yes cannot reject by itself, because
// inet_diag_bc_audit demands that the chain of yes ends exactly at the end.
func (p *program) notAuto() {
	p.code = binary.NativeEndian.AppendUint16(append(p.code, opAuto, 4), 8)
	p.op(opJump, 4)
}

// link fills in the distances of the rejecting jumps: 4 past the end is the
// only one that inet_diag_bc_audit allows.
func (p *program) link() []byte {
	for _, at := range p.rejects {
		binary.NativeEndian.PutUint16(p.code[at+2:], uint16(len(p.code)-at+4))
	}
	return p.code
}
