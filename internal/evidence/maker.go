package evidence

import (
	"slices"

	"github.com/linger-dev/linger/internal/tcp"
)

// Basis says how the maker of sockets is known.
type Basis string

// The kernel keeps no owner of a TIME_WAIT socket (uid 0, inode 0), so
// without a ledger its maker is inferred.
const (
	Held         Basis = "held"                // exact: the process holds the descriptors
	FromLedger   Basis = "traced"              // exact for those that Maker.Covered counts: a tracer saw the process close them
	FromYounger  Basis = "younger sockets"     // inferred: a tracer saw it make the younger ones of them
	FromListener Basis = "listener"            // inferred: it owns the listener that accepted them
	FromLive     Basis = "live connections"    // inferred: it has live connections to the same destination
	FromEarlier  Basis = "earlier connections" // inferred: it had such connections at an earlier look
	Unknown      Basis = ""
)

// Inferred reports whether the basis is a conclusion, not an observation.
func (b Basis) Inferred() bool { return b != Held && b != FromLedger && b != Unknown }

// Maker names the processes behind sockets, and how that is known.
type Maker struct {
	PIDs  []int `json:"pids,omitempty"`
	Basis Basis `json:"basis"`
	// With FromLedger: how many of the ownerless sockets were seen being
	// closed. The rest is older than the tracer, and may be others'.
	Covered uint64 `json:"covered,omitempty"`
	Of      uint64 `json:"of,omitempty"`
}

// MakerOf says who made the TIME_WAIT and other ownerless sockets of t: those
// whom a tracer saw closing them, or else by inference the owner of the listener
// for inbound ones, the processes with live connections to the same
// destination for outbound ones.
func (ns *Namespace) MakerOf(t *Tally) Maker {
	if len(t.Made) > 0 {
		return Maker{PIDs: t.makers(), Basis: FromLedger, Covered: t.Covered(), Of: t.Ownerless()}
	}
	return ns.InferMaker(t)
}

// makers lists whom a tracer saw, most sockets first.
func (t *Tally) makers() (pids []int) {
	for i := range t.Made {
		pids = union(pids, t.Made[i].PIDs)
	}
	return pids
}

// InferMaker says who probably made those of t's ownerless sockets that no
// tracer covered.
func (ns *Namespace) InferMaker(t *Tally) Maker {
	if len(t.Made) > 0 {
		return Maker{PIDs: t.makers(), Basis: FromYounger}
	}
	if t.Direction == Inbound {
		var pids []int
		for _, l := range ns.Listeners {
			if l.Covers(t.Src, t.Port) {
				pids = union(pids, l.PIDs)
			}
		}
		if pids != nil {
			return Maker{PIDs: pids, Basis: FromListener}
		}
	}
	var now, earlier []int
	for _, h := range t.Holders {
		if h.States.Live() == 0 {
			continue
		}
		if h.Earlier {
			earlier = union(earlier, h.PIDs)
		} else {
			now = union(now, h.PIDs)
		}
	}
	switch {
	case now != nil:
		return Maker{PIDs: now, Basis: FromLive}
	case earlier != nil:
		return Maker{PIDs: earlier, Basis: FromEarlier}
	}
	return Maker{}
}

// HolderOf names the processes that hold t's sockets in state s, most first.
func (t *Tally) HolderOf(s tcp.State) Maker {
	var pids []int
	for _, h := range t.Holders {
		if h.States[s] > 0 && !h.Earlier {
			pids = union(pids, h.PIDs)
		}
	}
	if pids == nil {
		return Maker{}
	}
	return Maker{PIDs: pids, Basis: Held}
}

// union appends to pids those of more that it lacks.
func union(pids, more []int) []int {
	for _, pid := range more {
		if !slices.Contains(pids, pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}
