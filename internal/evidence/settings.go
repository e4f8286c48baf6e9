package evidence

import (
	"encoding/json"
	"fmt"
	"time"
)

// Presence says whether a setting could be read.
type Presence uint8

// A setting is Unread until a source looked at it.
const (
	Unread     Presence = iota // nobody looked
	Present                    // Value holds what the kernel said
	Absent                     // this kernel, or this namespace, has no such setting
	Unreadable                 // it is there, but could not be read or understood
)

var presenceNames = [...]string{"unread", "present", "absent", "unreadable"}

// String returns the lower-case name, and "unread" for a value that is none.
func (p Presence) String() string {
	if int(p) >= len(presenceNames) {
		p = Unread
	}
	return presenceNames[p]
}

// Int is an integer sysctl. In JSON it is its number, or the name of its
// Presence when there is no number.
type Int struct {
	Value int64
	State Presence
}

// IntOf returns a present value.
func IntOf(v int64) Int { return Int{Value: v, State: Present} }

// Get returns the value and whether the kernel gave one.
func (i Int) Get() (int64, bool) { return i.Value, i.State == Present }

// Is reports whether the kernel gave exactly v.
func (i Int) Is(v int64) bool { return i.State == Present && i.Value == v }

// String returns the number or, if there is none, why.
func (i Int) String() string {
	switch i.State {
	case Present:
		return fmt.Sprint(i.Value)
	case Absent:
		return "absent on this kernel"
	default:
		return i.State.String()
	}
}

// MarshalJSON writes the number, or the Presence as a string.
func (i Int) MarshalJSON() ([]byte, error) {
	if i.State == Present {
		return json.Marshal(i.Value)
	}
	return json.Marshal(i.State.String())
}

// UnmarshalJSON reads what MarshalJSON writes.
func (i *Int) UnmarshalJSON(data []byte) error {
	for p, name := range presenceNames {
		if p != int(Present) && string(data) == `"`+name+`"` {
			*i = Int{State: Presence(p)}
			return nil
		}
	}
	if string(data) == "null" { // would silently become a present 0
		*i = Int{}
		return nil
	}
	*i = Int{State: Present}
	return json.Unmarshal(data, &i.Value)
}

// Settings are the sysctls of a network namespace that decide how its
// sockets linger. Units are the kernel's own, named in each comment; the path
// of each is in package sysctl.
//
// A number in a comment is the Linux release that brought the setting. Before
// a setting was made one of the namespace it is Absent in all but the first,
// although the host's value holds there: tcp_tw_reuse and tcp_max_tw_buckets
// before 4.11, tcp_timestamps before 4.13, tcp_rfc1337 and
// tcp_abort_on_overflow before 4.15.
type Settings struct {
	PortLow  Int      `json:"ip_local_port_range_low"`  // first port of the automatic range
	PortHigh Int      `json:"ip_local_port_range_high"` // last port of it, inclusive
	Reserved *PortSet `json:"ip_local_reserved_ports"`  // never chosen automatically; nil if unreadable, as before Linux 2.6.35

	UnprivilegedStart Int `json:"ip_unprivileged_port_start"` // first port that needs no CAP_NET_BIND_SERVICE; 4.11
	AutobindReuse     Int `json:"ip_autobind_reuse"`          // switch; 5.7

	TWReuse      Int `json:"tcp_tw_reuse"`       // 0 never, 1 always, 2 loopback only (79e9fed46038, June 2018: 4.19 or the one before)
	TWReuseDelay Int `json:"tcp_tw_reuse_delay"` // milliseconds; 6.14
	TWRecycle    Int `json:"tcp_tw_recycle"`     // removed in 4.12
	MaxTWBuckets Int `json:"tcp_max_tw_buckets"` // sockets; negative is no limit
	FinTimeout   Int `json:"tcp_fin_timeout"`    // seconds an orphan stays in FIN_WAIT2
	Timestamps   Int `json:"tcp_timestamps"`     // 0 off, 1 on, 2 on without a random offset
	RFC1337      Int `json:"tcp_rfc1337"`        // switch

	Syncookies       Int `json:"tcp_syncookies"`
	MaxSynBacklog    Int `json:"tcp_max_syn_backlog"`
	Somaxconn        Int `json:"somaxconn"`
	AbortOnOverflow  Int `json:"tcp_abort_on_overflow"`
	MaxOrphans       Int `json:"tcp_max_orphans"` // host-wide: absent in other namespaces than the first
	OrphanRetries    Int `json:"tcp_orphan_retries"`
	KeepaliveTime    Int `json:"tcp_keepalive_time"`  // seconds
	KeepaliveIntvl   Int `json:"tcp_keepalive_intvl"` // seconds
	KeepaliveProbes  Int `json:"tcp_keepalive_probes"`
	MigrateReq       Int `json:"tcp_migrate_req"`                    // 5.14
	InvalidRatelimit Int `json:"tcp_invalid_ratelimit"`              // milliseconds
	EhashEntries     Int `json:"tcp_ehash_entries"`                  // 6.1; negative: shared with the first namespace
	ChildEhash       Int `json:"tcp_child_ehash_entries"`            // 6.1
	ConntrackTW      Int `json:"nf_conntrack_tcp_timeout_time_wait"` // seconds; absent without conntrack
}

// PortRange returns ip_local_port_range, and whether it was read.
func (s *Settings) PortRange() (PortRange, bool) {
	if s.PortLow.State != Present || s.PortHigh.State != Present {
		return PortRange{}, false
	}
	return PortRange{Low: uint16(s.PortLow.Value), High: uint16(s.PortHigh.Value)}, true
}

// ReuseDelay returns how old a TIME_WAIT socket must be before connect() may
// take it over, were tcp_tw_reuse to allow it: tcp_tw_reuse_delay, or one
// second where the kernel has no such setting (before 6.14 the real wait is
// between just over 0 and 1 s, so this is its upper end).
func (s *Settings) ReuseDelay() time.Duration {
	if ms, ok := s.TWReuseDelay.Get(); ok {
		return time.Duration(ms) * time.Millisecond
	}
	return time.Second
}
