package workload

// Counts is what a program did since its start.
type Counts struct {
	Opened   uint64            `json:"opened"`   // connections connected or accepted
	Open     uint64            `json:"open"`     // of these, not closed by this program
	Ended    uint64            `json:"ended"`    // connections whose peer closed, seen by reading
	Answered uint64            `json:"answered"` // requests with their answer
	Failures uint64            `json:"failures"`
	Errnos   map[string]uint64 `json:"errnos,omitempty"` // Failures by Event.Errno

	Children uint64 `json:"children,omitempty"` // of the fork server: child processes now at work
	Bytes    uint64 `json:"bytes,omitempty"`    // of files: sent, or received as they must be

	// Of a client's connections: how many had an odd and an even local port,
	// and how many different ports there were.
	OddPorts      uint64 `json:"odd_ports,omitempty"`
	EvenPorts     uint64 `json:"even_ports,omitempty"`
	DistinctPorts uint64 `json:"distinct_ports,omitempty"`

	// Of a client with a split: the median time in connect(2), which is where
	// the kernel looks for a port, in microseconds with an error of 1 %: of
	// the connections up to the split, and of those after it; 0 if none.
	BeforeUS float64 `json:"before_us,omitempty"`
	AfterUS  float64 `json:"after_us,omitempty"`

	// Of the first failure: nanoseconds since the start, and how many
	// connections had been opened. Both are 0 where Failures is 0.
	FailedAfterNS int64  `json:"failed_after_ns,omitempty"`
	FailedNo      uint64 `json:"failed_no,omitempty"`
}

// Named returns a count by its name in JSON, or by an errno's name. An errno
// that did not come counts 0. It returns false for a word that is neither.
func (c Counts) Named(name string) (uint64, bool) {
	switch name {
	case "opened":
		return c.Opened, true
	case "open":
		return c.Open, true
	case "ended":
		return c.Ended, true
	case "answered":
		return c.Answered, true
	case "failures":
		return c.Failures, true
	case "children":
		return c.Children, true
	case "bytes":
		return c.Bytes, true
	case "odd_ports":
		return c.OddPorts, true
	case "even_ports":
		return c.EvenPorts, true
	case "distinct_ports":
		return c.DistinctPorts, true
	case Timeout, Closed, WrongByte, Other:
		return c.Errnos[name], true
	}
	errno := len(name) > 1 && name[0] == 'E'
	return c.Errnos[name], errno
}

// portSet is the set of the ports that were seen.
type portSet [1 << 16 / 64]uint64

// add reports whether the port is new.
func (s *portSet) add(port uint16) bool {
	word, bit := &s[port/64], uint64(1)<<(port%64)
	isNew := *word&bit == 0
	*word |= bit
	return isNew
}
