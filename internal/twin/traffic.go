package twin

import (
	"time"
)

// Traffic is a stream of connections, each opened, held, and closed.
type Traffic struct {
	// Groups are taken in turn, but for outbound ones of many destinations. Outbound ones are connected to; from the peers of
	// inbound ones connections come, as many as those can open.
	Groups []GroupID
	// Rate is how many connections are opened in each Per (0: a second), evenly or,
	// if Poisson, at random.
	Rate    int64
	Per     time.Duration
	Poisson bool
	Hold    time.Duration // from opening to closing
	Ends    Closing
	Start   time.Duration // when the first one is opened
	Stop    time.Duration // when no more are; 0: never
	Count   uint64        // how many are tried at most; 0: no limit
	Dial    Dial          // of outbound ones
}

// Second is what happened in one second of a run.
type Second struct {
	Opened, Failed, Closed uint64
	Visited                uint64 // ports looked at by all searches of the host
	Longest                int    // ports looked at by the longest one of the traffic
	Minis                  int    // mini-sockets at its end
	Live                   int    // connections of the traffic that are open at its end
}

// Moment is when something happened first.
type Moment struct {
	Happened bool
	At       time.Duration
	Number   uint64 // of the connection within all that were tried, from 1
	Visited  int    // ports that its search looked at
}

// Driver runs traffic on a host. Settings may be changed, and connections opened
// and closed, between its runs. Not safe for concurrent use.
type Driver struct {
	Seconds []Second // those that are over
	Tried   uint64
	Opened  uint64
	Failed  uint64
	Closed  uint64
	// FirstFailure is the first connection that found no port, and FirstSecond
	// the first for which the ports of one parity were not enough: from there on
	// connect() is slow.
	FirstFailure, FirstSecond Moment

	h       *Host
	runs    []stream
	next    int64  // when the present second ends
	before  Second // the totals when it began
	longest int    // search in it
}

// stream is traffic that runs.
type stream struct {
	Traffic
	opens   int64 // when the next connection is opened
	closes  int64 // when the oldest one is closed
	gap     int64 // between openings, in ns and
	part    int64 // a fraction of Rate
	carry   int64
	stop    int64
	special bool // Dial is not the zero value
	brisk   bool // rush can do for open
	turn    int
	tried   uint64
	live    held
}
