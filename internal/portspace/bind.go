package portspace

import (
	"net/netip"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// Errno is the name of the error that a system call returns; OK if none.
type Errno string

// The answers of bind(), listen() and connect() that the rules can give.
const (
	OK            Errno = ""
	EADDRINUSE    Errno = "EADDRINUSE"
	EADDRNOTAVAIL Errno = "EADDRNOTAVAIL"
	EACCES        Errno = "EACCES"
	EINVAL        Errno = "EINVAL"
)

// Request is a new socket that wants a port: what it sets before it calls
// bind().
type Request struct {
	// Addr is what bind() is given, :: or 0.0.0.0 for a wildcard. An
	// IPv4-mapped address is unmapped and V6 is set. A link-local address has
	// its zone.
	Addr      netip.Addr `json:"addr"`
	Port      uint16     `json:"port"` // not 0: a port that the kernel chooses is another question
	V6        bool       `json:"v6"`   // an AF_INET6 socket
	V6Only    bool       `json:"v6only"`
	ReuseAddr bool       `json:"reuseaddr"`
	ReusePort bool       `json:"reuseport"`
	UID       uint32     `json:"uid"`              // who makes the socket
	Device    uint32     `json:"device,omitempty"` // SO_BINDTODEVICE, or the zone of a link-local address
	L3Master  uint32     `json:"-"`                // the VRF of Device, which has its own ports
	// Privileged: the caller has CAP_NET_BIND_SERVICE in the user namespace
	// that owns the network namespace.
	Privileged bool `json:"privileged"`
	// Here: Addr is an address of this namespace, or need not be one
	// (ip_nonlocal_bind, IP_FREEBIND).
	Here evidence.Tri `json:"here"`
}

// Outcome is what a call answers.
type Outcome struct {
	Errno Errno `json:"errno"` // OK if it succeeds; the worse answer if it is not Sure
	Sure  bool  `json:"sure"`  // otherwise it may also succeed, by what could not be seen
}

// Verdict is the answer to a Request.
type Verdict struct {
	Bind   Outcome `json:"bind"`
	Listen Outcome `json:"listen"` // after a bind() that succeeded
	Blocks []Block `json:"blocks,omitempty"`
	// Remembered: the answer follows from what the bucket remembers of
	// sockets that may be gone, where the holders alone mean another one.
	Remembered bool `json:"remembered,omitempty"`
}

// Block is a holder that is in the way.
type Block struct {
	Holder int  `json:"holder"` // index in PortHolders.Holders
	Sure   bool `json:"sure"`   // otherwise it depends on what could not be seen of it
}

// Succeeds reports whether bind() and listen() surely succeed.
func (v *Verdict) Succeeds() bool {
	return v.Bind == Outcome{Sure: true} && v.Listen == Outcome{Sure: true}
}

// Fails reports whether bind() or listen() surely fails.
func (v *Verdict) Fails() bool {
	return v.Bind.Sure && v.Bind.Errno != OK || v.Listen.Sure && v.Listen.Errno != OK
}

// Errno returns the first error of bind() and then listen().
func (v *Verdict) Errno() Errno {
	if v.Bind.Errno != OK {
		return v.Bind.Errno
	}
	return v.Listen.Errno
}

// Bind says what bind() and then listen() answer: __inet_bind and
// __inet6_bind, inet_csk_get_port, inet_csk_listen_start (net/ipv4/af_inet.c,
// net/ipv6/af_inet6.c, net/ipv4/inet_connection_sock.c). What is not known of
// the holders is taken both ways. Where no bucket was seen, nobody is taken to
// have left a mark in it.
func Bind(r Rules, req Request, held *evidence.PortHolders) Verdict {
	if refused := refuse(r, &req); refused.Errno != OK {
		return Verdict{Bind: refused, Listen: refused}
	}
	b := newBinding(r, &req, held)
	v := b.bind()
	if v.Bind.Errno == OK && req.Here == evidence.Unsure && !b.self.wildcard() {
		v.Bind = Outcome{Errno: EADDRNOTAVAIL}
		v.Listen = v.Bind
	}
	return v
}

// refuse checks what does not depend on other sockets. The two families ask
// in another order.
func refuse(r Rules, req *Request) Outcome {
	self := localOf(req.Addr, req.V6, req.V6Only)
	missing, low := req.Here == evidence.No && !self.wildcard(), int(req.Port) < r.Unprivileged && !req.Privileged
	answer := OK
	switch {
	case req.V6 && self.addr.IsMulticast() && !self.addr.Is4():
		answer = EINVAL
	case req.V6 && low:
		answer = EACCES
	case req.V6 && req.V6Only && self.kind() == mapped:
		answer = EINVAL
	case req.V6 && self.addr.Is6() && self.addr.IsLinkLocalUnicast() && req.Device == 0:
		answer = EINVAL
	case missing:
		answer = EADDRNOTAVAIL
	case low:
		answer = EACCES
	}
	return Outcome{Errno: answer, Sure: true}
}

// option is one way in which what is not known of a holder can be.
type option struct{ reuseAddr, reusePort, sameUID bool }

// options lists all that a holder can be for a request.
func options(r Rules, req *Request, h *evidence.Holder) []option {
	uid := evidence.TriOf(h.UID == req.UID)
	switch {
	case h.Orphan && r.OrphansAreRoots:
		uid = evidence.TriOf(req.UID == 0)
	case !h.UIDKnown:
		uid = evidence.Unsure
	}
	var all []option
	for _, o := range []option{
		{false, false, false},
		{false, false, true},
		{false, true, false},
		{false, true, true},
		{true, false, false},
		{true, false, true},
		{true, true, false},
		{true, true, true},
	} {
		if h.ReuseAddr.May(o.reuseAddr) && h.ReusePort.May(o.reusePort) && uid.May(o.sameUID) {
			all = append(all, o)
		}
	}
	return all
}

// conflicts is inet_bind_conflict: whether a socket that meets another at its
// address may not share its port with it.
func conflicts(req *Request, h *evidence.Holder, o option) bool {
	switch {
	case req.Device != 0 && h.Device != 0 && req.Device != h.Device:
		return false
	case req.ReuseAddr && o.reuseAddr && (h.TimeWait() || h.State != tcp.Listen):
		return false
	case req.ReusePort && o.reusePort && (h.TimeWait() || o.sameUID):
		return false
	}
	return true
}
