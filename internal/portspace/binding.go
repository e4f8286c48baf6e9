package portspace

import (
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// What Bucket's numbers stand for.
const (
	anyReuse        = 1 // fastreuse: all users so far have SO_REUSEADDR
	reusePortAny    = 1 // FASTREUSEPORT_ANY
	reusePortStrict = 2 // FASTREUSEPORT_STRICT
)

// binding is one evaluation of a Request.
type binding struct {
	rules  Rules
	req    *Request
	self   local
	held   *evidence.PortHolders
	bucket *evidence.Bucket // nil: nobody holds the port, or the bucket was not seen
}

func newBinding(r Rules, req *Request, held *evidence.PortHolders) *binding {
	// A bound native address keeps to IPv6, whatever IPV6_V6ONLY said.
	self := localOf(req.Addr, req.V6, req.V6Only)
	self.v6only = req.V6 && (req.V6Only || self.kind() == native)
	b := &binding{rules: r, req: req, self: self, held: held}
	for i := range held.Buckets {
		if held.Buckets[i].L3Master == req.L3Master {
			copied := held.Buckets[i]
			b.bucket = &copied
		}
	}
	return b
}

// bind is inet_csk_get_port, first for bind(), then once more for listen().
func (b *binding) bind() Verdict {
	worst, blocks := b.scan()
	v := Verdict{Bind: worst, Blocks: blocks}
	if worst.Errno != OK && b.short(false) {
		v.Bind, v.Blocks, v.Remembered = Outcome{Sure: true}, nil, true
	}
	if v.Bind.Errno != OK {
		v.Listen = v.Bind
		return v
	}
	b.mark()
	v.Listen = worst
	if worst.Errno != OK && b.short(true) {
		v.Listen = Outcome{Sure: true}
	}
	if v.Listen.Errno != OK {
		v.Blocks = blocks
	}
	return v
}

// scan looks at every holder.
func (b *binding) scan() (Outcome, []Block) {
	var blocks []Block
	sure := Outcome{Sure: true}
	for i := range b.held.Holders {
		may, must := b.blockedBy(&b.held.Holders[i])
		if may {
			blocks = append(blocks, Block{Holder: i, Sure: must})
		}
		switch {
		case must:
			sure = Outcome{Errno: EADDRINUSE, Sure: true}
		case may && sure.Errno == OK:
			sure = Outcome{Errno: EADDRINUSE}
		}
	}
	return sure, blocks
}

// blockedBy tries all that a holder can be, by what is known of it.
func (b *binding) blockedBy(h *evidence.Holder) (may, must bool) {
	if h.State == tcp.NewSynRecv || h.L3Master != b.req.L3Master {
		return false, false
	}
	must = !h.AddrUnknown
	for _, end := range ends(h) {
		met := h.AddrUnknown || b.rules.meets(b.self, end, h.Mini)
		for _, o := range options(b.rules, b.req, h) {
			if met && conflicts(b.req, h, o) {
				may = true
			} else {
				must = false
			}
		}
	}
	return may, may && must
}

// short says whether the bucket alone lets the socket in, without a look at
// the holders: inet_csk_get_port and sk_reuseport_match.
func (b *binding) short(listening bool) bool {
	if b.bucket == nil {
		// What a socket with SO_REUSEPORT writes into a bucket always
		// matches itself.
		return listening && b.req.ReusePort
	}
	if b.bucket.FastReuse >= anyReuse && b.req.ReuseAddr && !listening {
		return true
	}
	return b.matches()
}

// matches is sk_reuseport_match.
func (b *binding) matches() bool {
	k := b.bucket
	if k.FastReusePort <= 0 || !b.req.ReusePort || k.FastUID != b.req.UID {
		return false
	}
	return k.FastReusePort == reusePortAny || overlap(localOf(k.FastAddr, k.FastV6, k.FastV6Only), b.self, true, false)
}

// mark writes the socket into the bucket, as inet_csk_update_fastreuse does
// after bind(). A bucket that nobody had is not kept here.
func (b *binding) mark() {
	k := b.bucket
	if k == nil {
		return
	}
	if !b.req.ReuseAddr {
		k.FastReuse = 0
	}
	switch {
	case !b.req.ReusePort:
		k.FastReusePort = 0
	case !b.matches():
		k.FastReusePort, k.FastUID = reusePortStrict, b.req.UID
		k.FastAddr, k.FastV6, k.FastV6Only = b.self.addr, b.self.v6, b.self.v6only
	}
}
