package evidence

import "time"

// PortUse is what the ports of a range are used for, as automatic connect()
// toward one destination looks at them.
type PortUse struct {
	Range PortRange
	// Exact says that it was read from the kernel's own structures. Otherwise
	// ports can be bound that look free.
	Exact bool
	// Bound are the ports that connect() passes over whatever its
	// destination. A port of Bound that is in none of the next sets is held by
	// what the kernel remembers, or by users that could not be told apart.
	Bound *PortSet
	// Who binds them: sockets that listen; that were accepted; that are bound
	// and nothing more; that are live connections from a port chosen by the
	// program; and mini-sockets whose port connect() did not choose.
	Listening, Accepted, Idle, Chosen, Lingering *PortSet

	Live     *PortSet   // toward the destination, full sockets
	FinWait2 *PortSet   // toward it, mini-sockets in FIN_WAIT2, which are never taken over
	Waiting  []PortWait // toward it, in TIME_WAIT, by port

	Inodes map[uint16]uint64 // a socket behind a port of Bound or Live, to look up who it is
	Gaps   []Gap
}

// PortWait is a port in TIME_WAIT.
type PortWait struct {
	Port    uint16
	Age     time.Duration // since it entered TIME_WAIT
	Left    time.Duration // until it ends by itself
	Stamped Tri           // the old connection had timestamps
}
