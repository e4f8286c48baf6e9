package pool

import "strconv"

// Reason is why the pool closed a connection.
type Reason uint8

// The reasons. Their numbers may change; their String does not.
const (
	// ClosedShutdown: the pool was closed.
	ClosedShutdown Reason = iota
	// ClosedIdle: it was not used for Options.IdleTimeout.
	ClosedIdle
	// ClosedLifetime: it got as old as Options.MaxLifetime, less its jitter.
	ClosedLifetime
	// ClosedByPeer: the look found a FIN or an error while it was idle.
	ClosedByPeer
	// ClosedUnexpectedData: the look found bytes that nobody asked for: the
	// protocol is out of step, or its last user did not read the whole reply.
	ClosedUnexpectedData
	// ClosedBroken: a read or write failed, timed out or met the end, or it
	// was closed while one was under way.
	ClosedBroken
	// ClosedDiscarded: Conn.Discard or Pool.CloseIdle was called.
	ClosedDiscarded
	// ClosedEvicted: Options.MaxTotal was reached and another destination needed
	// the place.
	ClosedEvicted

	reasons = iota
)

// String returns one or two words such as "by peer".
func (r Reason) String() string {
	words := [reasons]string{
		"shutdown", "idle", "lifetime", "by peer", "unexpected data", "broken", "discarded", "evicted",
	}
	if int(r) < len(words) {
		return words[r]
	}
	return "Reason(" + strconv.Itoa(int(r)) + ")"
}
