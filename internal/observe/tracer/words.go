package tracer

import "fmt"

// Event says what a Record is about.
type Event uint8

// The events. Failed is a call of the Opener that found no free address.
const (
	Closed Event = iota + 1
	Failed
)

// Call is a system call that failed for want of a port.
type Call uint8

// The calls and what they end in.
const (
	Connect Call = iota + 1 // EADDRNOTAVAIL
	Bind                    // EADDRINUSE
	Listen                  // EADDRINUSE
)

// Origin says how a connection came to be.
type Origin uint8

// The origins. UnknownOrigin is that of connections older than the tracer.
const (
	UnknownOrigin Origin = iota
	Connected
	Accepted
)

// First says who ended a connection first, seen from the socket's own end.
type First uint8

// Who closed first. Both is a simultaneous close (CLOSING): who won depends on
// the end one looks from. The resets ended it without any FIN before.
const (
	UnknownFirst First = iota
	Us
	Them
	Both
	ResetByUs
	ResetByThem
	TimedOut
)

// How says by what a process closed its end.
type How uint8

// The ways to close. ByClose includes closing through dup2 and execve;
// ByDisconnect is connect() to AF_UNSPEC, ByDestroy SOCK_DESTROY (ss -K): the
// closer is then who asked for it.
const (
	UnknownHow How = iota
	ByClose
	ByShutdown
	ByExit
	BySignal
	ByDisconnect
	ByDestroy
)

// End says how the full socket ended.
type End uint8

// The ends. Only the first two leave a mini-socket. EndDropped is an end
// without one though no reset was seen: no room for it (tcp_max_tw_buckets),
// TCP_LINGER2, the limit of orphans, or data that came after close.
const (
	UnknownEnd End = iota
	EndTimeWait
	EndFinWait2
	EndLastAck
	EndResetSent
	EndResetReceived
	EndTimeout
	EndDestroyed
	EndDropped
)

// Basis says which process a Group is counted to.
type Basis uint8

// The closer, or where that is unknown the opener.
const (
	NoBasis Basis = iota
	ByCloser
	ByOpener
)

// String returns one word, as it is printed and recorded.
func (e Event) String() string { return word(e, "", "closed", "failed") }

// String returns the name of the system call.
func (c Call) String() string { return word(c, "", "connect", "bind", "listen") }

// String returns the name of the system call that made the connection.
func (o Origin) String() string { return word(o, "unknown", "connect", "accept") }

// String returns who closed first in one or two words.
func (f First) String() string {
	return word(f, "unknown", "us", "them", "both", "reset by us", "reset by them", "timeout")
}

// String returns the way of closing in one word.
func (h How) String() string {
	return word(h, "unknown", "close", "shutdown", "exit", "signal", "disconnect", "destroy")
}

// String returns the state left behind, or what ended the socket without one.
func (e End) String() string {
	return word(e, "unknown", "TIME_WAIT", "FIN_WAIT2", "LAST_ACK", "reset sent", "reset received", "timeout", "destroyed", "dropped")
}

// String returns the role that the process had.
func (b Basis) String() string { return word(b, "unknown", "closer", "opener") }

// MarshalText returns the word.
func (e Event) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// MarshalText returns the word.
func (c Call) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// MarshalText returns the word.
func (o Origin) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// MarshalText returns the words.
func (f First) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// MarshalText returns the word.
func (h How) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// MarshalText returns the words.
func (e End) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// MarshalText returns the word.
func (b Basis) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

func word[T ~uint8](value T, names ...string) string {
	if int(value) < len(names) {
		return names[value]
	}
	return fmt.Sprintf("value %d", value)
}
