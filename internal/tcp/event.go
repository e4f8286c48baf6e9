package tcp

import "fmt"

// EventKind is what can happen to a connection (RFC 9293 section 3.10): a call
// of its user, a segment, or the end of a timer.
type EventKind uint8

// The kinds of events. OpenPassive to Abort are the user's calls; Release and
// Read have no call of that name in RFC 9293: they are what close(2) and
// read(2) tell the machine beyond CLOSE and RECEIVE.
const (
	OpenPassive EventKind = iota + 1 // 3.10.1 OPEN, passive
	OpenActive                       // 3.10.1 OPEN, active
	Send                             // 3.10.2 SEND: Event.Data
	Read                             // the user took Event.N bytes of what was delivered
	CloseCall                        // 3.10.4 CLOSE: nothing more to send; the other direction goes on
	Release                          // the user is gone (close(2)): CLOSE, and nobody reads any more
	Abort                            // 3.10.5 ABORT
	Arrive                           // 3.10.7: Event.Segment
	Expire                           // 3.10.8: Event.Timer
)

// Event is something that happens to a connection.
type Event struct {
	Kind EventKind
	// ISS is the initial send sequence number of both kinds of open, and of a
	// Send that finds LISTEN. In Arrive, if not zero, it takes the place of that
	// of the passive OPEN. A SYN that ends TIME-WAIT always gets one beyond the
	// numbers of the old connection (RFC 9293 section 3.6.1, MAY-2).
	ISS     Seq
	Data    []byte  // of Send; never changed
	N       int     // of Read
	Segment Segment // of Arrive
	Timer   Timer   // of Expire
}

// Timer names one of the timers of a connection.
type Timer uint8

// The timers. A connection has at most one of each.
const (
	Retransmission Timer = iota // RFC 6298
	DelayedAck                  // RFC 9293 section 3.8.6.3
	Persist                     // zero-window probes, RFC 9293 section 3.8.6.1
	UserTimeout                 // RFC 9293 section 3.8.3; for an orphan in FIN-WAIT-2, Linux's tcp_fin_timeout
	TimeWaitTimer               // RFC 9293 section 3.6.1
	NumTimers
)

// String returns the timer's name.
func (t Timer) String() string {
	names := [NumTimers]string{"retransmission", "delayed ACK", "persist", "user timeout", "TIME-WAIT"}
	if t < NumTimers {
		return names[t]
	}
	return fmt.Sprintf("timer %d", uint8(t))
}

// Signal is what the machine tells its user.
type Signal uint8

// The signals. At most one of Refused, Reset, TimedOut comes in the life of a
// connection, and then Closed with it.
const (
	Connected  Signal = iota + 1 // ESTABLISHED was entered
	PeerClosed                   // the peer's FIN is in order: end of its stream
	Refused                      // "connection refused"
	WasReset                     // "connection reset"
	TimedOut                     // "connection aborted due to user timeout"
	Closed                       // CLOSED was entered: the connection is no more
)

// String returns the signal's name in lower case.
func (s Signal) String() string {
	switch s {
	case Connected:
		return "connected"
	case PeerClosed:
		return "peer closed"
	case Refused:
		return "refused"
	case WasReset:
		return "reset"
	case TimedOut:
		return "timed out"
	case Closed:
		return "closed"
	}
	return fmt.Sprintf("signal %d", uint8(s))
}

// Output is what a step gives besides the new connection.
type Output struct {
	Segments []Segment // to be sent, in this order
	Data     []byte    // the next bytes of the peer's stream, for the user
	Signals  []Signal
	Err      error  // of a user's call that the state does not allow: a CallError
	Rule     string // the section whose rule decided, such as "RFC 9293 3.10.7.4 eighth, FIN"
}

// CallError is why a user's call failed, in the words of RFC 9293 section 3.10.
type CallError string

// The errors of the user's calls.
const (
	ErrNoConnection CallError = "connection does not exist"
	ErrExists       CallError = "connection already exists"
	ErrClosing      CallError = "connection closing"
)

// Error returns the words of RFC 9293.
func (e CallError) Error() string { return string(e) }
