package ruletest

import (
	"net/netip"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// Snapshot returns evidence of a Linux 6.18 host with one namespace, "host",
// in which everything is as the kernel sets it up, changed by edit.
func Snapshot(edit func(*evidence.Snapshot, *evidence.Namespace)) *evidence.Snapshot {
	s := &evidence.Snapshot{
		Taken: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		Host:  evidence.Host{Name: "web1", Kernel: "6.18.1", HZ: 250, Root: true, Source: "live"},
		Namespaces: []evidence.Namespace{{
			ID: 4026531840, Name: "host", Settings: Defaults(),
		}},
	}
	edit(s, &s.Namespaces[0])
	return s
}

// Defaults returns the settings of a new namespace of Linux 6.18.
func Defaults() evidence.Settings {
	absent := evidence.Int{State: evidence.Absent}
	n := evidence.IntOf
	return evidence.Settings{
		PortLow: n(32768), PortHigh: n(60999), Reserved: new(evidence.PortSet),
		UnprivilegedStart: n(1024), AutobindReuse: n(0),
		TWReuse: n(2), TWReuseDelay: n(1000), TWRecycle: absent, MaxTWBuckets: n(131072),
		FinTimeout: n(60), Timestamps: n(1), RFC1337: n(0),
		Syncookies: n(1), MaxSynBacklog: n(2048), Somaxconn: n(4096), AbortOnOverflow: n(0),
		MaxOrphans: n(131072), OrphanRetries: n(0),
		KeepaliveTime: n(7200), KeepaliveIntvl: n(75), KeepaliveProbes: n(9),
		MigrateReq: n(0), InvalidRatelimit: n(500), EhashEntries: n(262144), ChildEhash: n(0), ConntrackTW: absent,
	}
}

// Outbound returns the group of connections from src to service.
func Outbound(src, service string) evidence.Tally {
	to := netip.MustParseAddrPort(service)
	return evidence.Tally{
		Key:    evidence.Key{Direction: evidence.Outbound, Src: netip.MustParseAddr(src), Dst: to.Addr(), Port: to.Port()},
		Reason: evidence.ByPortRange, Ports: new(evidence.PortSet),
		TimeWaitPorts: new(evidence.PortSet), ReusablePorts: new(evidence.PortSet),
	}
}

// Inbound returns the group of connections from dst accepted at service.
func Inbound(service, dst string) evidence.Tally {
	at := netip.MustParseAddrPort(service)
	return evidence.Tally{
		Key:    evidence.Key{Direction: evidence.Inbound, Src: at.Addr(), Dst: netip.MustParseAddr(dst), Port: at.Port()},
		Reason: evidence.ByListener,
	}
}

// TimeWait gives t n TIME_WAIT sockets that closed evenly over the last
// seconds (at most 60), on the lowest ports from first on if it is outbound.
func TimeWait(t *evidence.Tally, n, seconds int, first uint16) {
	t.States[tcp.TimeWait] += uint64(n)
	for i := range n {
		t.Minute.Age[i*seconds/n]++
		if t.Direction == evidence.Outbound {
			t.Ports.Add(first + uint16(i))
			t.TimeWaitPorts.Add(first + uint16(i))
		}
	}
}

// Live gives t n sockets in state s held by pid, on the lowest ports from
// first on if it is outbound. PID 0 leaves them without a holder.
func Live(t *evidence.Tally, s tcp.State, n int, first uint16, pids ...int) {
	t.States[s] += uint64(n)
	if t.Direction == evidence.Outbound {
		for i := range n {
			t.Ports.Add(first + uint16(i))
		}
	}
	if len(pids) > 0 {
		h := evidence.Holding{PIDs: pids}
		h.States[s] = uint64(n)
		t.Holders = append(t.Holders, h)
	}
}

// Process returns a process in the given state.
func Process(pid int, name string, state evidence.ProcState) evidence.Owner {
	return evidence.Owner{PID: pid, Start: 1000, Name: name, State: state, Parent: 1, ParentName: "systemd", Unit: name + ".service"}
}

// Listening returns a listener of pid.
func Listening(at string, inode uint64, pids ...int) evidence.Listener {
	a := netip.MustParseAddrPort(at)
	return evidence.Listener{Addr: a.Addr(), Port: a.Port(), V6: a.Addr().Is6(), Inode: inode, Backlog: 128, PIDs: pids}
}
