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
	FromListener Basis = "listener"            // inferred: it owns the listener that accepted them
	FromLive     Basis = "live connections"    // inferred: it has live connections to the same destination
	FromEarlier  Basis = "earlier connections" // inferred: it had such connections at an earlier look
	Unknown      Basis = ""
)

// Inferred reports whether the basis is a conclusion, not an observation.
func (b Basis) Inferred() bool { return b != Held && b != Unknown }

// Maker names the processes behind sockets, and how that is known.
type Maker struct {
	PIDs  []int `json:"pids,omitempty"`
	Basis Basis `json:"basis"`
}

// MakerOf infers who made the TIME_WAIT and other ownerless sockets of t: the
// owner of the listener for inbound ones, the processes with live connections
// to the same destination for outbound ones.
func (ns *Namespace) MakerOf(t *Tally) Maker {
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
