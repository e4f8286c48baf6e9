package rawpeer

import (
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// Captured is a packet on the link between a Peer and its kernel.
type Captured struct {
	At     time.Time // when it was sent
	Until  time.Time // when it arrived; zero if it was lost, or is still held back
	From   Side
	Packet // its data must not be changed
	Fate   evidence.Fate
	ByHand bool   // sent by Conn.Inject
	Bytes  []byte // the whole IP packet; must not be changed

	// Before and After are the states of the raw end around the step of the
	// machine that sent or received it, and Rule is what decided there. For a
	// packet that the machine did not send or has not received, they are alike.
	// Zero: there was no connection.
	Before, After tcp.State
	Rule          string
}

// Kernel returns the four-tuple as the kernel sees it.
func (c Captured) Kernel() tcp.FourTuple {
	if c.From == Kernel {
		return c.Tuple
	}
	return c.Tuple.Reverse()
}

// comment is what is said of the packet in a file.
func (c Captured) comment(kernel string) string {
	var parts []string
	if kernel != "" {
		parts = append(parts, "kernel "+kernel)
	}
	raw := "raw no connection"
	if c.Before != 0 || c.After != 0 {
		raw = "raw " + closedIfZero(c.Before).String()
	}
	if c.After != c.Before {
		raw += " -> " + closedIfZero(c.After).String()
	}
	parts = append(parts, raw)
	if c.Rule != "" {
		parts = append(parts, c.Rule)
	}
	if c.ByHand {
		parts = append(parts, "made by hand")
	}
	switch {
	case c.Until.IsZero():
		parts = append(parts, string(evidence.Lost))
	case c.Until.After(c.At):
		parts = append(parts, string(c.Fate)+", arrived after "+c.Until.Sub(c.At).String())
	case c.Fate != evidence.Arrived:
		parts = append(parts, string(c.Fate))
	}
	return strings.Join(parts, "; ")
}
