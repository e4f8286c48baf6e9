package kerneltest

import (
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// Errno is the name of what an operation failed with; OK if it did not.
type Errno string

// The outcomes that a case can have. Anything else is a failure of the test.
const (
	OK            Errno = ""
	EADDRNOTAVAIL Errno = "EADDRNOTAVAIL"
	EADDRINUSE    Errno = "EADDRINUSE"
	EINVAL        Errno = "EINVAL"
)

// Row is a connection as our side lists it.
type Row struct {
	State            tcp.State
	SrcPort, DstPort uint16
	Src, Dst         evidence.Addr
}

// Done is what came of one operation.
type Done struct {
	Began, Ended time.Duration // since the case's begin
	Took         time.Duration // of the connect() alone
	Skipped      bool          // what it is about does not exist
	Errno        Errno
	Port         uint16         // local port that was chosen
	Visited      int            // ports that the search looked at; only a twin knows
	Minis        int            // of Look: mini-sockets
	Rows         map[Row]uint32 // of a deep Look: connections, and what is left on the timers of mini-sockets, in ms
}

// Counters are those of the kernel's that a twin has too.
type Counters struct {
	TW, TWKilled, TWRecycled, TCPTimeWaitOverflow uint64
}

// Transcript is a case that was carried out.
type Transcript struct {
	Clock    Clock
	Done     []Done // as many as the case has operations
	Counters Counters
}

// Clock is what must be known of a kernel's clock to foretell its timers.
type Clock struct {
	Release evidence.Kernel
	HZ      int
	// Phase is where the case began between two turns of the timer wheel that
	// TIME_WAIT is on, or negative if that is not known.
	Phase time.Duration
}

// Grain is by how much a timer of this length may be late.
func (c Clock) Grain(length time.Duration) time.Duration {
	return evidence.Host{HZ: c.HZ}.Granularity(length)
}

// Lateness is by how much the worst operation began or lasted longer than
// planned.
func (t *Transcript) Lateness(c *Case) time.Duration {
	var worst time.Duration
	for i := range t.Done {
		if !t.Done[i].Skipped {
			worst = max(worst, t.Done[i].Ended-c.Ops[i].At)
		}
	}
	return worst
}
