package why

import (
	"fmt"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/tcp"
)

// Cure is a change after which bind() and listen() succeed.
type Cure struct {
	Kind    CureKind      `json:"kind"`
	In      time.Duration `json:"in_ns,omitempty"` // how long to wait; 0 if that is not the cure, or not known
	PIDs    []int         `json:"pids,omitempty"`  // whom to stop
	Command string        `json:"command,omitempty"`
	Then    bool          `json:"then,omitempty"` // only together with the cure before
}

// CureKind names a cure for ever.
type CureKind string

// The cures, the shortest first.
const (
	CureReuseAddr CureKind = "set SO_REUSEADDR"
	CureReusePort CureKind = "set SO_REUSEPORT"
	CureBoth      CureKind = "set SO_REUSEADDR and SO_REUSEPORT"
	CureV6Only    CureKind = "set IPV6_V6ONLY"
	CureWait      CureKind = "wait"
	CureStop      CureKind = "stop the holder"
	CureDestroy   CureKind = "destroy the sockets"
	CureCap       CureKind = "give CAP_NET_BIND_SERVICE"
	CureAddress   CureKind = "add the address"
	CureFree      CureKind = "set IP_FREEBIND"
	CureReserve   CureKind = "reserve the port"
)

// cures tries every change on the rules.
func (a *Bind) cures() []Cure {
	cures := []Cure{}
	// Where the kernel says otherwise than the rules, cures by the rules are void.
	if !a.Disagree && (a.Certainty == Cannot || a.Certainty == Unsure) {
		switch a.Errno() {
		case portspace.EACCES:
			cures = append(cures, Cure{Kind: CureCap, Command: "setcap cap_net_bind_service=+ep PROGRAM"})
		case portspace.EADDRNOTAVAIL:
			cures = append(cures, Cure{Kind: CureAddress, Command: fmt.Sprintf("ip addr add %s dev DEVICE", a.Request.Addr)}, Cure{Kind: CureFree})
		case portspace.EADDRINUSE:
			cures = append(cures, a.byOptions()...)
			cures = append(cures, a.byLeaving()...)
		}
	}
	if a.InRange && a.Request.Port != 0 {
		cures = append(cures, a.reserve())
	}
	return cures
}

// helps reports whether a changed request, or fewer holders, succeed.
func (a *Bind) helps(req portspace.Request, leaves func(*evidence.Holder) bool) bool {
	rest := *a.Held
	rest.Holders = nil
	for i := range a.Held.Holders {
		if h := &a.Held.Holders[i]; leaves == nil || !leaves(h) {
			rest.Holders = append(rest.Holders, *h)
		}
	}
	if len(rest.Holders) == 0 {
		rest.Buckets = nil
	}
	v := portspace.Bind(a.rules, req, &rest)
	return v.Succeeds()
}

// byOptions are what the program itself can set. One option is better than
// two; SO_REUSEPORT alone is told only where SO_REUSEADDR alone does not do,
// as it also lets others share the port.
func (a *Bind) byOptions() []Cure {
	var cures []Cure
	try := func(kind CureKind, change func(*portspace.Request)) bool {
		req := a.Request
		change(&req)
		if req == a.Request || !a.helps(req, nil) {
			return false
		}
		cures = append(cures, Cure{Kind: kind})
		return true
	}
	_ = try(CureReuseAddr, func(r *portspace.Request) { r.ReuseAddr = true }) ||
		try(CureReusePort, func(r *portspace.Request) { r.ReusePort = true }) ||
		try(CureBoth, func(r *portspace.Request) { r.ReuseAddr, r.ReusePort = true, true })
	if a.Request.V6 && a.Request.Addr.Is6() {
		try(CureV6Only, func(r *portspace.Request) { r.V6Only = true })
	}
	return cures
}

// byLeaving are what others do: mini-sockets end by themselves, processes can
// be stopped.
func (a *Bind) byLeaving() []Cure {
	var cures []Cure
	mini := func(h *evidence.Holder) bool { return h.Mini }
	full := func(h *evidence.Holder) bool { return !h.Mini }
	onlyMini := a.helps(a.Request, mini)
	if onlyMini {
		cures = append(cures, Cure{Kind: CureWait, In: a.longest()})
	}
	if !onlyMini {
		stop := Cure{Kind: CureStop, PIDs: a.blockers()}
		stop.Command = a.stopCommand(stop.PIDs)
		if len(stop.PIDs) > 0 {
			cures = append(cures, stop)
		}
		if !a.helps(a.Request, full) && a.minisBlock() {
			cures = append(cures, Cure{Kind: CureWait, In: a.longest(), Then: len(stop.PIDs) > 0})
		}
	}
	if onlyMini && a.Host.Kernel.AtLeast(6, 0) {
		cures = append(cures, Cure{Kind: CureDestroy, Command: fmt.Sprintf("ss -K state all sport = :%d", a.Request.Port)})
	}
	return cures
}

func (a *Bind) minisBlock() bool {
	for _, b := range a.Verdict.Blocks {
		if a.Held.Holders[b.Holder].Mini {
			return true
		}
	}
	return false
}

// longest is when the last mini-socket in the way ends, 0 if that is not
// known. The timer wheel rounds up.
func (a *Bind) longest() time.Duration {
	var longest time.Duration
	for _, b := range a.Verdict.Blocks {
		h := &a.Held.Holders[b.Holder]
		if !h.Mini {
			continue
		}
		if !h.Timed {
			return 0
		}
		longest = max(longest, h.Latest+a.tail)
	}
	return longest
}

// blockers are the processes that hold sockets in the way.
func (a *Bind) blockers() []int {
	var pids []int
	met := make(map[int]bool)
	for _, b := range a.Verdict.Blocks {
		h := &a.Held.Holders[b.Holder]
		if h.Mini || h.Who.Basis != evidence.Held {
			continue
		}
		for _, pid := range h.Who.PIDs {
			if !met[pid] {
				met[pid] = true
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// stopCommand is for one unit, or one process; for more there is no short one.
func (a *Bind) stopCommand(pids []int) string {
	unit := ""
	for i, pid := range pids {
		o := a.owner(pid)
		if o == nil || o.Unit == "" || i > 0 && o.Unit != unit {
			unit = ""
			break
		}
		unit = o.Unit
	}
	switch {
	case unit != "":
		return "systemctl stop " + unit
	case len(pids) == 1:
		return fmt.Sprintf("kill %d", pids[0])
	}
	return ""
}

func (a *Bind) owner(pid int) *evidence.Owner {
	for i := range a.Held.Owners {
		if a.Held.Owners[i].PID == pid {
			return &a.Held.Owners[i]
		}
	}
	return nil
}

// reserve keeps automatic connect() away from the port, for the next time.
func (a *Bind) reserve() Cure {
	all := new(evidence.PortSet)
	all.Union(a.reserved)
	all.Add(a.Request.Port)
	return Cure{Kind: CureReserve, Command: "sysctl -w net.ipv4.ip_local_reserved_ports=" + all.String()}
}

// Connected reports whether a holder is one end of a connection.
func Connected(h *evidence.Holder) bool {
	return h.State != tcp.Listen && h.State != tcp.BoundInactive
}
