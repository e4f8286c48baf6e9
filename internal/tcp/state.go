package tcp

import (
	"fmt"
	"math/bits"
	"strings"
)

// State is a connection state as Linux numbers it
// (include/net/tcp_states.h). Its zero value is no state.
type State uint8

// The eleven states of RFC 9293 section 3.3.2, and SYN_RECV twice: Linux keeps
// a half-open passive connection as a small request sock (NewSynRecv) until
// the handshake ends, and inet_diag reports it as SynRecv. BoundInactive is
// no TCP state: since Linux 6.8 inet_diag uses its number for a socket that
// has a port but is neither listening nor connected (TCP_BOUND_INACTIVE).
const (
	Established State = iota + 1
	SynSent
	SynRecv
	FinWait1
	FinWait2
	TimeWait
	Close
	CloseWait
	LastAck
	Listen
	Closing
	NewSynRecv
	BoundInactive
)

// NumStates is one more than the largest State: the length of an array that
// is indexed by State.
const NumStates = int(BoundInactive) + 1

var stateNames = [NumStates]string{
	"NONE", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
	"CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV", "BOUND_INACTIVE",
}

// String returns the kernel's name of the state, as netstat prints it.
func (s State) String() string {
	if int(s) < NumStates {
		return stateNames[s]
	}
	return fmt.Sprintf("STATE_%d", uint8(s))
}

// MarshalText returns the name, so that states are readable as JSON keys.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText accepts exactly the names that String returns.
func (s *State) UnmarshalText(text []byte) error {
	for i, name := range stateNames {
		if name == string(text) {
			*s = State(i)
			return nil
		}
	}
	return fmt.Errorf("unknown TCP state %q", text)
}

// Live reports whether the state is one of a connection that can still carry
// or finish data for its process: everything but TIME_WAIT, LISTEN and CLOSE.
func (s State) Live() bool {
	return s != TimeWait && s != Listen && s != Close && s != BoundInactive
}

// StateSet is a set of states; bit n stands for State(n), as in the
// idiag_states field of an inet_diag request.
type StateSet uint32

// States returns the set of the given states.
func States(states ...State) StateSet {
	var set StateSet
	for _, s := range states {
		set |= 1 << s
	}
	return set
}

// AllStates is every state that a connection or listener can be dumped in.
// BoundInactive is left out: kernels before 6.8 have no such bit.
const AllStates StateSet = 1<<(NewSynRecv+1) - 2

// Has reports whether the set contains s.
func (set StateSet) Has(s State) bool { return set&(1<<s) != 0 }

// Len returns the number of states in the set.
func (set StateSet) Len() int { return bits.OnesCount32(uint32(set)) }

// String lists the names in numeric order, joined by commas.
func (set StateSet) String() string {
	var names []string
	for s := State(1); int(s) < NumStates; s++ {
		if set.Has(s) {
			names = append(names, s.String())
		}
	}
	return strings.Join(names, ",")
}
