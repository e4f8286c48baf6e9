package sockdiagtest

import (
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/linger-dev/linger/internal/observe/sockdiag"
	"github.com/linger-dev/linger/internal/tcp"
)

// perDatagram is how many rows go into one datagram: few, so that small tests
// have several.
const perDatagram = 3

// Kernel is a sockdiag.Transport that answers by itself. Its fields may be
// changed between dumps. It is not safe for concurrent use.
type Kernel struct {
	Rows   []Row
	Faults []Fault // the n-th dump suffers the n-th; later ones go well
	Dumps  int     // requests seen so far
	Closed bool

	queue []datagram
}

// datagram is what one Receive gives.
type datagram struct {
	data  []byte
	errno syscall.Errno
	size  int // if not 0, larger than data
}

// Serve returns a kernel with the given rows; see ParseRow. It fails the test
// on a row that cannot be read.
func Serve(tb testing.TB, rows ...string) *Kernel {
	tb.Helper()
	k := new(Kernel)
	for _, text := range rows {
		row, err := ParseRow(text)
		if err != nil {
			tb.Fatal(err)
		}
		k.Rows = append(k.Rows, row)
	}
	return k
}

// Suffer sets the faults of the coming dumps, and returns k.
func (k *Kernel) Suffer(faults ...Fault) *Kernel {
	k.Faults, k.Dumps = faults, 0
	return k
}

// Client returns a client of this kernel.
func (k *Kernel) Client() *sockdiag.Client { return sockdiag.New(k) }

// Close implements sockdiag.Transport.
func (k *Kernel) Close() error {
	k.Closed = true
	return nil
}

// Receive implements sockdiag.Transport. It never waits: an empty queue is a
// deadline exceeded.
func (k *Kernel) Receive(buf []byte) (int, error) {
	if len(k.queue) == 0 {
		return 0, os.ErrDeadlineExceeded
	}
	d := k.queue[0]
	k.queue = k.queue[1:]
	if d.errno != 0 {
		return 0, &sockdiag.Error{Op: "dump sockets", Errno: d.errno}
	}
	return max(copy(buf, d.data), d.size), nil
}

// Send implements sockdiag.Transport: it queues the whole answer. Like the
// kernel it refuses with EBUSY while another dump is not read to its end, and
// with EINVAL what it cannot read.
func (k *Kernel) Send(request []byte) error {
	req, err := parseRequest(request)
	if err != nil {
		return err
	}
	fault := Fault{name: fine}
	if k.Dumps < len(k.Faults) {
		fault = k.Faults[k.Dumps]
	}
	k.Dumps++
	switch {
	case len(k.queue) > 0:
		k.queue = append(k.queue, refusal(request, req.seq, syscall.EBUSY, ""))
	case req.code != nil && Audit(req.code) != nil:
		k.queue = append(k.queue, refusal(request, req.seq, syscall.EINVAL, ""))
	case fault.name == refused:
		k.queue = append(k.queue, refusal(request, req.seq, fault.errno, fault.words))
	default:
		k.answer(req, fault)
	}
	return nil
}

// answer queues the datagrams of a dump.
func (k *Kernel) answer(req request, fault Fault) {
	if fault.name == wrongSequence {
		req.seq += 7
	}
	var data []byte
	n := 0
	for i := range k.Rows {
		r := &k.Rows[i]
		if !req.wants(r) {
			continue
		}
		if n > 0 && n%perDatagram == 0 {
			k.queue = append(k.queue, datagram{data: data})
			data = nil
		}
		data = appendRow(data, r, req)
		n++
	}
	if fault.name == torn && data != nil {
		ne.PutUint16(data[6:], ne.Uint16(data[6:])|flagTorn)
	}
	if data != nil {
		k.queue = append(k.queue, datagram{data: data})
	}
	k.end(req.seq, fault)
}

// end queues what follows the rows.
func (k *Kernel) end(seq uint32, fault Fault) {
	flags := uint16(flagMulti)
	if fault.name == torn && len(k.queue) == 0 {
		flags |= flagTorn
	}
	payload := ne.AppendUint32(nil, uint32(-int32(fault.errno)))
	if fault.words != "" {
		flags |= flagTLVs
		payload = appendAttr(payload, 1, append([]byte(fault.words), 0))
	}
	done := datagram{data: append(appendHeader(nil, len(payload), kindDone, flags, seq), payload...)}
	switch fault.name {
	case overrun:
		k.queue = append(k.queue, datagram{data: appendHeader(nil, 0, kindOverrun, 0, seq)})
	case receiveError:
		k.queue = append(k.queue[:min(1, len(k.queue))], datagram{errno: fault.errno})
		ne.PutUint32(done.data[headerSize:], 0)
	case oversized:
		k.queue = append(k.queue, datagram{data: done.data, size: 1 << 20})
	case cut:
		if len(k.queue) > 0 {
			k.queue[0].data = k.queue[0].data[:min(fault.after, len(k.queue[0].data))]
		}
	case silent:
		return
	}
	k.queue = append(k.queue, done)
}

// refusal is an NLMSG_ERROR with the header of the request, as with
// NETLINK_CAP_ACK.
func refusal(message []byte, seq uint32, errno syscall.Errno, words string) datagram {
	payload := ne.AppendUint32(nil, uint32(-int32(errno)))
	payload = append(payload, message[:headerSize]...)
	var flags uint16
	if words != "" {
		flags = flagTLVs
		payload = appendAttr(payload, 1, append([]byte(words), 0))
	}
	return datagram{data: append(appendHeader(nil, len(payload), kindError, flags, seq), payload...)}
}

// request is what a client asked for.
type request struct {
	kind   uint16
	seq    uint32
	family byte // 0 for both
	info   bool
	states tcp.StateSet
	code   []byte
}

func parseRequest(m []byte) (request, error) {
	if len(m) < headerSize+reqSize || int(ne.Uint32(m)) != len(m) || ne.Uint16(m[6:]) != 0x301 {
		return request{}, fmt.Errorf("fake kernel: no dump request: %x", m)
	}
	req := request{kind: ne.Uint16(m[4:]), seq: ne.Uint32(m[8:])}
	m = m[headerSize:]
	switch {
	case req.kind == kindByFamily && m[1] == 6:
		req.family, req.info = m[0], m[2]&(1<<(attrInfo-1)) != 0
		req.states = tcp.StateSet(ne.Uint32(m[4:]))
		m = m[reqSize:]
	case req.kind == kindCompat && len(m) >= reqCompatSize:
		req.info = m[3]&(1<<(attrInfo-1)) != 0
		req.states = tcp.StateSet(ne.Uint32(m[52:]))
		m = m[reqCompatSize:]
	default:
		return request{}, fmt.Errorf("fake kernel: request of type %d", req.kind)
	}
	if len(m) > 4 && int(ne.Uint16(m)) == len(m) && ne.Uint16(m[2:]) == 1 {
		req.code = m[4:]
	} else if len(m) > 0 {
		return request{}, fmt.Errorf("fake kernel: trailing %x", m)
	}
	return req, nil
}

func (req *request) wants(r *Row) bool {
	states := req.states
	if states.Has(tcp.SynRecv) || r.State == tcp.SynRecv && states.Has(tcp.NewSynRecv) {
		states |= tcp.States(tcp.SynRecv, tcp.NewSynRecv)
	}
	family := byte(familyInet)
	if r.V6 {
		family = familyInet6
	}
	return states.Has(r.State) && (req.family == 0 || req.family == family) && Match(req.code, r)
}
