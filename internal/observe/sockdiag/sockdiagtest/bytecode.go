package sockdiagtest

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

const (
	opNop = iota
	opJump
	opSourceGE
	opSourceLE
	opDestGE
	opDestLE
	opAuto
	opSourceCond
	opDestCond
)

// Audit refuses the filters that the kernel refuses (inet_diag_bc_audit in
// net/ipv4/inet_diag.c), as far as their operations are known here: those of
// ports, addresses and automatic binding.
func Audit(code []byte) error {
	if len(code) < 4 {
		return fmt.Errorf("filter of %d bytes", len(code))
	}
	for at := 0; at != len(code); {
		left := len(code) - at
		if left < 4 {
			return fmt.Errorf("chain of yes leaves the filter at %d of %d", at, len(code))
		}
		least, err := opSize(code[at:])
		if err != nil {
			return err
		}
		yes, no := int(code[at+1]), int(ne.Uint16(code[at+2:]))
		if least > left || yes < least || yes > left+4 || yes%4 != 0 {
			return fmt.Errorf("yes of %d at %d", yes, at)
		}
		if code[at] != opNop {
			if no < least || no > left+4 || no%4 != 0 {
				return fmt.Errorf("no of %d at %d", no, at)
			}
			if no < left && !startsOp(code, at+no) {
				return fmt.Errorf("no of %d at %d falls into an operation", no, at)
			}
		}
		if at += yes; at > len(code) {
			return fmt.Errorf("chain of yes ends at %d of %d", at, len(code))
		}
	}
	return nil
}

// startsOp follows the chain of yes (valid_cc).
func startsOp(code []byte, target int) bool {
	at := 0
	for at < target && at < len(code) && code[at+1] >= 4 {
		at += int(code[at+1])
	}
	return at == target
}

func opSize(op []byte) (int, error) {
	switch op[0] {
	case opNop, opJump, opAuto:
		return 4, nil
	case opSourceGE, opSourceLE, opDestGE, opDestLE:
		return 8, nil
	case opSourceCond, opDestCond:
		if len(op) < 12 {
			return 12, nil
		}
		size, known := map[byte]int{0: 0, familyInet: 4, familyInet6: 16}[op[4]]
		if !known || int(op[5]) > 8*size {
			return 0, fmt.Errorf("condition of family %d with %d bits", op[4], op[5])
		}
		return 12 + size, nil
	}
	return 0, fmt.Errorf("unknown operation %d", op[0])
}

// Match runs an audited filter on a row (inet_diag_bc_run). The empty filter
// matches everything.
func Match(code []byte, r *Row) bool {
	at := 0
	for at < len(code) {
		op := code[at:]
		if holds(op, r) {
			at += int(op[1])
		} else {
			at += int(ne.Uint16(op[2:]))
		}
	}
	return at == len(code)
}

func holds(op []byte, r *Row) bool {
	switch op[0] {
	case opSourceGE:
		return r.SrcPort >= ne.Uint16(op[6:])
	case opSourceLE:
		return r.SrcPort <= ne.Uint16(op[6:])
	case opDestGE:
		return r.DstPort >= ne.Uint16(op[6:])
	case opDestLE:
		return r.DstPort <= ne.Uint16(op[6:])
	case opAuto:
		return !r.Explicit || r.Mini() || slices.Contains([]tcp.State{tcp.SynRecv, tcp.NewSynRecv}, r.State)
	case opSourceCond:
		return inPrefix(op[4:], r.V6, address(r.V6, r.Src), r.SrcPort)
	case opDestCond:
		return inPrefix(op[4:], r.V6, address(r.V6, r.Dst), r.DstPort)
	}
	return op[0] == opNop
}

// inPrefix evaluates a struct inet_diag_hostcond.
func inPrefix(cond []byte, v6 bool, addr []byte, port uint16) bool {
	family, bits := cond[0], int(cond[1])
	if want := int32(ne.Uint32(cond[4:])); want != -1 && want != int32(port) {
		return false
	}
	switch {
	case family == familyInet && v6:
		mapped := evidence.Addr4([4]byte{})
		if !bytes.HasPrefix(addr, mapped[:12]) {
			return false
		}
		addr = addr[12:]
	case family == familyInet6 && !v6:
		return false
	}
	for i := range bits {
		if (addr[i/8]^cond[8+i/8])&(0x80>>(i%8)) != 0 {
			return false
		}
	}
	return true
}
