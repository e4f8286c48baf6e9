package evidence

import (
	"net/netip"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// Addr is an IP address in its 16-byte form, an IPv4 one as IPv4-mapped IPv6.
// It is what a socket dump is folded with: netip.Addr holds a pointer, and a
// million sockets a second are hashed.
type Addr [16]byte

// Addr4 returns the form of an IPv4 address.
func Addr4(a [4]byte) Addr {
	return Addr{10: 0xff, 11: 0xff, 12: a[0], 13: a[1], 14: a[2], 15: a[3]}
}

// AddrOf returns the form of any valid address; zones are dropped.
func AddrOf(a netip.Addr) Addr { return a.As16() }

// Netip returns the address, IPv4 ones unmapped.
func (a Addr) Netip() netip.Addr { return netip.AddrFrom16(a).Unmap() }

// Loopback reports whether the address is in 127/8 or is ::1, mapped or not.
func (a Addr) Loopback() bool { return a.Netip().IsLoopback() }

// Timer is what a socket's timer field says (idiag_timer in inet_diag_msg).
type Timer uint8

// The timers inet_diag tells apart.
const (
	TimerNone Timer = iota
	TimerRetransmit
	TimerKeepalive
	TimerTimeWait // a mini-socket: TIME_WAIT, or FIN_WAIT2 as its substate
	TimerProbe
	TimerDelayedAck // told by 7.3 (seen), not by 6.18
)

// Socket is one row of a socket dump. Sources pass the same Socket again and
// again to avoid an allocation for each: copy what is to be kept.
type Socket struct {
	V6       bool // dumped as AF_INET6; with IPv4-mapped addresses it carries IPv4
	V6Only   bool
	State    tcp.State
	Timer    Timer
	Retrans  uint8
	Src, Dst Addr
	SrcPort  uint16
	DstPort  uint16
	Ifindex  uint32 // device the socket is bound to, 0 for none
	Expires  uint32 // ms left on Timer; 0 in the rounding tail of the timer wheel
	RQueue   uint32 // bytes unread; of a listener: connections waiting for accept()
	WQueue   uint32 // bytes unacknowledged; of a listener: its backlog
	UID      uint32
	Inode    uint64 // 0 if no descriptor holds it
	Cookie   uint64
	Info     *TCPInfo // only if asked for
}

// Mini reports whether the row is a mini-socket (struct tcp_timewait_sock).
func (s *Socket) Mini() bool { return s.Timer == TimerTimeWait }

// TCPInfo is the part of struct tcp_info that linger uses.
type TCPInfo struct {
	LastAckRecv uint32 // ms since the last acceptable segment with an ACK came (tcpi_last_ack_recv)
}

// Silent returns how long ago anything was heard from the peer.
func (i *TCPInfo) Silent() time.Duration { return time.Duration(i.LastAckRecv) * time.Millisecond }
