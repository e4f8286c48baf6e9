package workload

import "fmt"

// Closing is how a program closes a connection.
type Closing string

// The ways to close.
const (
	ByClose    Closing = "close"    // close(2)
	ByShutdown Closing = "shutdown" // shutdown(SHUT_WR), wait for the peer's end, close(2)
	ByReset    Closing = "reset"    // SO_LINGER {1, 0} and close(2)
)

// UnmarshalText accepts the constants.
func (c *Closing) UnmarshalText(text []byte) error {
	switch got := Closing(text); got {
	case ByClose, ByShutdown, ByReset:
		*c = got
		return nil
	}
	return fmt.Errorf("%q is no way to close: have %s, %s, %s", text, ByClose, ByShutdown, ByReset)
}

// MarshalText returns the word itself.
func (c Closing) MarshalText() ([]byte, error) { return []byte(c), nil }

// stream is what net.TCPConn and socket share.
type stream interface {
	CloseWrite() error
	SetLinger(seconds int) error
}

// prepare does what comes before close(2) and does not wait.
func (c Closing) prepare(s stream) {
	switch c {
	case ByShutdown:
		_ = s.CloseWrite()
	case ByReset:
		_ = s.SetLinger(0)
	}
}
