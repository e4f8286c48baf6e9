package evidence

import (
	"cmp"
	"net/netip"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// Holder is what holds a local port in the kernel's bind table, as far as a
// bind() or connect() of another socket looks at it. Sockets that are alike in
// all of that are one Holder with a Count.
//
// A half-open inbound connection (NewSynRecv) is no Holder: request sockets
// are not in the bind table (inet_bind_hash is called for full sockets only).
type Holder struct {
	Addr        netip.Addr `json:"addr"`                   // local; unspecified for a wildcard; IPv4 unmapped
	AddrUnknown bool       `json:"addr_unknown,omitempty"` // Addr means nothing
	V6          bool       `json:"v6,omitempty"`
	V6Only      Tri        `json:"v6only"` // of an AF_INET6 socket: it keeps away from IPv4; bind() to a native IPv6 address sets it (__inet6_bind)
	// State is the socket's. BoundInactive is bound but neither listening nor
	// connected. Of a mini-socket it is the substate, and Mini is set.
	State tcp.State `json:"state"`
	Mini  bool      `json:"mini,omitempty"`
	// Direction is 0 if it is not known, or if the socket has no connection.
	Direction Direction      `json:"direction,omitzero"`
	Remote    netip.AddrPort `json:"remote,omitzero"` // of one of them; zero if not connected, or not known

	ReuseAddr Tri    `json:"reuseaddr"` // SO_REUSEADDR, as it is now
	ReusePort Tri    `json:"reuseport"` // SO_REUSEPORT, as it is now
	Explicit  Tri    `json:"explicit"`  // connect() did not choose the port: bind() did, or it was inherited from a listener
	UID       uint32 `json:"uid"`       // of the socket; means nothing for a mini-socket
	UIDKnown  bool   `json:"uid_known"`
	Orphan    bool   `json:"orphan,omitempty"` // a full socket that no descriptor holds, or that nobody has accepted yet
	Device    uint32 `json:"device,omitempty"` // SO_BINDTODEVICE, 0 for none
	L3Master  uint32 `json:"l3_master,omitempty"`

	Count uint64 `json:"count"`
	// Soonest and Latest are when the first and the last of them end by
	// themselves, by their timers; for mini-sockets only. Known if Timed.
	Soonest time.Duration `json:"soonest_ns,omitempty"`
	Latest  time.Duration `json:"latest_ns,omitempty"`
	Timed   bool          `json:"timed,omitempty"`

	Inodes []uint64 `json:"-"` // of some of them, to look up who they are
	Who    Maker    `json:"who"`
}

// TimeWait reports whether the kernel takes the holder for one in TIME_WAIT:
// every mini-socket has sk_state TCP_TIME_WAIT, also one in FIN_WAIT2.
func (h *Holder) TimeWait() bool { return h.Mini }

// Native reports whether the local address is an IPv6 one, not the wildcard
// nor an IPv4-mapped one.
func (h *Holder) Native() bool { return h.V6 && h.Addr.Is6() && !h.Addr.IsUnspecified() }

// Bucket is the kernel's summary of all who ever bound a port since it was
// last free (struct inet_bind_bucket). It outlives those who left their mark
// in it, so the same holders can mean another answer.
type Bucket struct {
	L3Master      uint32 `json:"l3_master,omitempty"`
	FastReuse     int8   `json:"fastreuse"`     // -1: only connect() chose this port; 1: all who bound it have SO_REUSEADDR and none listened
	FastReusePort int8   `json:"fastreuseport"` // -1: as above; 1: all have SO_REUSEPORT and one uid; 2: the last one, see the other fields
	FastUID       uint32 `json:"fastuid"`
	// FastAddr, FastV6 and FastV6Only describe the socket behind
	// FastReusePort.
	FastAddr   netip.Addr `json:"fast_addr,omitzero"`
	FastV6     bool       `json:"fast_v6,omitempty"`
	FastV6Only bool       `json:"fast_v6only,omitempty"`
}

// Automatic reports whether automatic connect() may share the port
// (__inet_hash_connect looks at nothing else).
func (b *Bucket) Automatic() bool { return b.FastReuse < 0 && b.FastReusePort < 0 }

// PortHolders is all that is known of who holds one port of a namespace.
type PortHolders struct {
	Port    uint16   `json:"port"`
	Holders []Holder `json:"holders"`
	Buckets []Bucket `json:"buckets,omitempty"` // empty with Exact set: nobody holds it
	// Exact says that options and buckets were read from the kernel's own
	// structures. Otherwise there may be holders that were not seen.
	Exact  bool    `json:"exact"`
	Owners []Owner `json:"owners,omitempty"`
	Gaps   []Gap   `json:"gaps,omitempty"`
}

// Compare orders holders: those in nobody's hurry to leave first (listeners,
// bound ones, live connections, mini-sockets), then by address and options.
func (h *Holder) Compare(o *Holder) int {
	return cmp.Or(
		cmp.Compare(h.rank(), o.rank()), cmp.Compare(h.State, o.State), h.Addr.Compare(o.Addr), cmp.Compare(o.Count, h.Count),
		cmp.Compare(h.UID, o.UID), cmp.Compare(h.ReuseAddr, o.ReuseAddr), cmp.Compare(h.ReusePort, o.ReusePort),
		cmp.Compare(h.Explicit, o.Explicit), cmp.Compare(h.Device, o.Device), cmp.Compare(h.L3Master, o.L3Master),
		h.Remote.Compare(o.Remote),
	)
}

func (h *Holder) rank() int {
	switch {
	case h.Mini:
		return 3
	case h.State == tcp.Listen:
		return 0
	case h.State == tcp.BoundInactive:
		return 1
	}
	return 2
}
