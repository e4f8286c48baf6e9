package rawpeer

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// Options is how a Peer is attached and behaves. At least one address of each
// end is needed.
type Options struct {
	Params tcp.Params     // of all connections
	Kernel []netip.Prefix // the kernel's addresses on the link; the peer's lie in these networks
	Addrs  []netip.Addr   // the peer's addresses
	ISS    *tcp.Seq       // the initial sequence number of every connection; nil: chosen by a clock, as RFC 9293 section 3.4.1 says
	// Random is where the offset of that clock and the first local port come
	// from; nil: from the system. It is used by the Peer alone from then on.
	Random  rand.Source
	Packets int // how many packets are kept; 0: 20,000
	// Watch is called with every packet when it is sent, also with those that
	// are not kept. It must not block, nor call the Peer.
	Watch func(Captured)
	// Changed is called when a connection changes its state, with the tuple as
	// the peer sees it; CLOSED is tcp.Close. It must not block, nor call the Peer.
	Changed func(at time.Time, tuple tcp.FourTuple, from, to tcp.State)
}

// What calls fail with, wrapped. A call on what is closed already fails with
// net.ErrClosed.
var (
	// ErrInUse is returned by Dial for a four-tuple of which there is a
	// connection, be it in TIME-WAIT (EADDRNOTAVAIL), and by Listen for a port
	// that has a listener (EADDRINUSE).
	ErrInUse = errors.New("address already in use")
	// ErrReset is what a connection fails with that was reset by the other end.
	ErrReset = errors.New("connection reset")
	// ErrRefused is what Dial fails with if the other end answered with a reset,
	// and the machine follows Linux: RFC 9293 section 3.10.7.3 has it ErrReset.
	ErrRefused = errors.New("connection refused")
	// ErrTimedOut is what a connection fails with that was given up.
	ErrTimedOut = errors.New("connection timed out")
	// ErrNoAddress is returned by Dial for addresses that are not the peer's or
	// not of the same family.
	ErrNoAddress = errors.New("address not available")
)

// UnavailableError says that there can be no TUN device here. Hint is a
// sentence for the user on what to change.
type UnavailableError struct {
	Err  error // what the kernel said; never nil
	Hint string
}

// Error returns why, without the hint.
func (e *UnavailableError) Error() string { return "make a TUN device: " + e.Err.Error() }

// Unwrap returns what the kernel said.
func (e *UnavailableError) Unwrap() error { return e.Err }
