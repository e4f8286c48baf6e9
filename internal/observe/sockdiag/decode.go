package sockdiag

import (
	"encoding/binary"
	"syscall"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// row is the memory that every row of a dump is decoded into.
type row struct {
	socket evidence.Socket
	info   evidence.TCPInfo
}

// batch is what one datagram told besides its rows.
type batch struct {
	rows uint64
	done bool // NLMSG_DONE: the dump is over
	torn bool // NLM_F_DUMP_INTR: rows may be missing or doubled
}

// decode hands each row of a datagram to each. It depends on nothing but its
// arguments and allocates only for errors. An error of each is returned as it
// is; any other error is an *Error.
func decode(data []byte, seq uint32, into *row, each func(*evidence.Socket) error) (batch, error) {
	var b batch
	ne := binary.NativeEndian
	for at := 0; at < len(data); {
		rest := data[at:]
		if len(rest) < headerSize {
			return b, malformed(at, "%d bytes where a message header belongs", len(rest))
		}
		size := int(ne.Uint32(rest))
		if size < headerSize || size > len(rest) {
			return b, malformed(at, "a message of %d bytes in the remaining %d", size, len(rest))
		}
		if got := ne.Uint32(rest[8:]); got != seq {
			return b, malformed(at, "sequence number %d, want %d", got, seq)
		}
		kind, flags, payload := ne.Uint16(rest[4:]), ne.Uint16(rest[6:]), rest[headerSize:size]
		b.torn = b.torn || flags&flagTorn != 0
		if kind != msgByFamily && kind != msgCompat {
			done, err := control(kind, flags, payload, at)
			b.done = b.done || done
			if err != nil {
				return b, err
			}
		} else {
			if err := decodeRow(payload, into, at); err != nil {
				return b, err
			}
			b.rows++
			if err := each(&into.socket); err != nil {
				return b, err
			}
		}
		at += align4(size)
	}
	return b, nil
}

// decodeRow reads a struct inet_diag_msg and the attributes behind it.
func decodeRow(m []byte, into *row, at int) error {
	if len(m) < rowSize {
		return malformed(at, "a row of %d bytes, want %d", len(m), rowSize)
	}
	f := (*[rowSize]byte)(m)
	ne, be := binary.NativeEndian, binary.BigEndian
	s := &into.socket
	switch f[0] {
	case familyInet:
		s.V6 = false
		s.Src = evidence.Addr4([4]byte(f[8:12]))
		s.Dst = evidence.Addr4([4]byte(f[24:28]))
	case familyInet6:
		s.V6 = true
		s.Src = evidence.Addr(f[8:24])
		s.Dst = evidence.Addr(f[24:40])
	default:
		return malformed(at, "a row of address family %d", f[0])
	}
	if f[1] == 0 || int(f[1]) >= tcp.NumStates {
		return malformed(at, "a row in the unknown state %d", f[1])
	}
	s.State, s.Timer, s.Retrans = tcp.State(f[1]), evidence.Timer(f[2]), f[3]
	s.SrcPort, s.DstPort = be.Uint16(f[4:]), be.Uint16(f[6:])
	if s.State == tcp.Close && s.DstPort == 0 {
		// The kernel takes the number 13 in a request but answers with
		// the socket's own sk_state, which is CLOSE. With a remote port
		// it may also be a connection that ended during the dump.
		s.State = tcp.BoundInactive
	}
	s.Ifindex = ne.Uint32(f[40:])
	s.Cookie = uint64(ne.Uint32(f[44:])) | uint64(ne.Uint32(f[48:]))<<32
	s.Expires = ne.Uint32(f[52:])
	s.RQueue, s.WQueue = ne.Uint32(f[56:]), ne.Uint32(f[60:])
	s.UID, s.Inode = ne.Uint32(f[64:]), uint64(ne.Uint32(f[68:]))
	s.V6Only, s.Info = false, nil
	if s.Mini() {
		return nil // its only attribute is its mark (inet_twsk_diag_fill)
	}
	return decodeAttrs(m[rowSize:], into, at)
}

// decodeAttrs reads the two attributes that linger uses.
func decodeAttrs(m []byte, into *row, at int) error {
	ne := binary.NativeEndian
	for len(m) >= attrSize {
		size := int(ne.Uint16(m))
		if size < attrSize || size > len(m) {
			return malformed(at, "an attribute of %d bytes in the remaining %d", size, len(m))
		}
		value := m[attrSize:size]
		switch ne.Uint16(m[2:]) & attrMask {
		case extV6Only: // only of LISTEN and CLOSE
			into.socket.V6Only = len(value) > 0 && value[0] != 0
		case extInfo:
			// tcp_get_info leaves a listener's times zero, and a zero
			// would read as "just now".
			if len(value) >= infoLastAck+4 && into.socket.State != tcp.Listen {
				into.info.LastAckRecv = ne.Uint32(value[infoLastAck:])
				into.socket.Info = &into.info
			}
		}
		m = m[min(align4(size), len(m)):]
	}
	return nil
}

// control reads a message that is not a row, and reports whether the dump is
// over.
func control(kind, flags uint16, payload []byte, at int) (bool, error) {
	switch kind {
	case msgDone:
		// The dump's own error number; missing on no kernel, but harmless.
		if len(payload) < 4 {
			return true, nil
		}
		return true, refusal(payload, payload[4:], flags)
	case msgError:
		if len(payload) < 4+headerSize {
			return false, malformed(at, "an error message of %d bytes", len(payload))
		}
		if err := refusal(payload, payload[4+headerSize:], flags); err != nil {
			return true, err // nothing follows
		}
		return false, malformed(at, "an acknowledgement that was not asked for")
	case msgOverrun:
		return false, &Error{Op: opDump, Errno: errNoBuffers, Words: "the kernel dropped rows: NLMSG_OVERRUN"}
	}
	if kind < 16 { // NLMSG_NOOP and numbers reserved for control messages
		return false, nil
	}
	return false, malformed(at, "a message of the unexpected type %d", kind)
}

// refusal returns the error in the first four bytes of payload, or nil if
// they are 0. tlvs may hold the kernel's words.
func refusal(payload, tlvs []byte, flags uint16) error {
	code := int32(binary.NativeEndian.Uint32(payload))
	if code == 0 {
		return nil
	}
	e := &Error{Op: opDump, Errno: syscall.Errno(-int64(code))}
	if code > 0 {
		e.Errno, e.Words = 0, "the kernel answered with a positive error number"
	} else if flags&flagTLVs != 0 {
		e.Words = words(tlvs)
	}
	return e
}

// words finds the text of an extended acknowledgement.
func words(m []byte) string {
	ne := binary.NativeEndian
	for len(m) >= attrSize {
		size := int(ne.Uint16(m))
		if size < attrSize || size > len(m) {
			return ""
		}
		if ne.Uint16(m[2:])&attrMask == ackWords {
			text := m[attrSize:size]
			for len(text) > 0 && text[len(text)-1] == 0 {
				text = text[:len(text)-1]
			}
			return string(text)
		}
		m = m[min(align4(size), len(m)):]
	}
	return ""
}

// startsWithRow reports whether the first message of a datagram is a row.
func startsWithRow(data []byte) bool {
	if len(data) < headerSize {
		return false
	}
	kind := binary.NativeEndian.Uint16(data[4:])
	return kind == msgByFamily || kind == msgCompat
}
