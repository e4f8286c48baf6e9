package tcp

import "time"

// Conn is one end of a connection: a plain value. Step makes the next one and
// leaves this one as it is. Its zero value is CLOSED.
//
// Times are durations since any fixed moment, the same for all calls.
type Conn struct {
	State State // never NewSynRecv or BoundInactive; the zero State counts as Close
	Snd   SendVars
	Rcv   ReceiveVars
	// Deadlines holds when each timer ends; 0: it does not run.
	Deadlines [NumTimers]time.Duration
	// Listener says that somebody listens on the local port: a new SYN may
	// then end TIME-WAIT. A passive OPEN sets it; the owner of the connection may
	// set it for one that was opened actively, or clear it when the listener goes.
	Listener bool

	passive bool // came from a passive OPEN
	orphan  bool // Release: the user is gone
	closing bool // CLOSE was called: a FIN follows the last byte

	queue stream // bytes not yet acknowledged or not yet sent
	end   Seq    // the sequence number after the last byte of queue: the FIN's
	next  Seq    // what to send next: behind Snd.NXT while old segments are sent again

	unread  uint32  // bytes delivered and not yet taken by Read
	held    []piece // data that came out of order
	finHeld bool    // the peer's FIN came, at finAt; data before it is missing
	finAt   Seq
	ackSent Seq // Last.ACK.sent of RFC 7323 section 4.3

	scaling    bool // both ends scale their windows
	shift      [2]uint8
	maxWindow  uint32 // the largest window the peer ever offered
	timestamps bool   // both ends send timestamps
	tsRecent   uint32
	tsRecentAt time.Duration

	rtt        roundTrip
	tries      int // retransmissions since something was acknowledged
	probes     int // doublings of the persist timer
	unanswered int // probes since anything was heard
	congestion congestion
	challenged time.Duration // when the next challenge ACK may go out

	before *Conn // the TIME-WAIT that a new SYN ended: RFC 9293 section 3.6.1, MAY-2 (2)
}

// The two shift counts of RFC 7323 section 2: what the peer's windows and ours
// are shifted by.
const (
	sendShift = iota
	receiveShift
)

// SendVars are the send sequence variables of RFC 9293 section 3.3.1.
type SendVars struct {
	ISS, UNA, NXT Seq
	WND           uint32 // the peer's window, scaled
	WL1, WL2      Seq    // segment and acknowledgement of the last window update
	MSS           uint16 // the largest that may be sent
}

// ReceiveVars are the receive sequence variables of RFC 9293 section 3.3.1.
type ReceiveVars struct {
	IRS, NXT Seq
	WND      uint32
}

// Next returns the timer that ends first and when, or false if none runs.
func (c Conn) Next() (Timer, time.Duration, bool) {
	first, found := Timer(0), false
	for t, at := range c.Deadlines {
		if at != 0 && (!found || at < c.Deadlines[first]) {
			first, found = Timer(t), true
		}
	}
	return first, c.Deadlines[first], found
}

// Orphan reports whether the user is gone, by Release.
func (c Conn) Orphan() bool { return c.orphan }

// Queued returns how many bytes of SEND are not yet acknowledged, sent or not.
// The machine sets no limit: a caller that has much to send must wait while
// Queued is above what it can afford.
func (c Conn) Queued() int { return c.queue.len() }

// Unread returns how many delivered bytes the user has not yet taken by Read.
func (c Conn) Unread() int { return int(c.unread) }

// finAcked reports whether our FIN was sent and acknowledged.
func (c *Conn) finAcked() bool { return c.closing && c.Snd.UNA == c.end+1 }

// synAcked reports whether our SYN was acknowledged.
func (c *Conn) synAcked() bool { return c.Snd.UNA != c.Snd.ISS }
