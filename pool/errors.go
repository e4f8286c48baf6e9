package pool

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// ErrClosed is what Get returns when the pool is closed, also to those that wait.
var ErrClosed = errors.New("pool is closed")

// ErrTooManyWaiting is what Get returns when Options.MaxWaiting others wait already.
var ErrTooManyWaiting = errors.New("too many wait for a connection")

// BackoffError is what Get returns at once, without dialling, while a
// destination is left alone after failures (Options.BackoffMin).
type BackoffError struct {
	Network, Address string
	Until            time.Time // when the next dial is allowed; somebody else may be first
	Err              error     // why the last dial failed; never nil
}

// Error returns the destination and why the last dial failed.
func (e *BackoffError) Error() string {
	return fmt.Sprintf("no new connection to %s %s for %v, as the last attempt failed: %v",
		e.Network, e.Address, time.Until(e.Until).Round(time.Millisecond), e.Err)
}

// Unwrap returns the error of the last dial.
func (e *BackoffError) Unwrap() error { return e.Err }

// passing reports whether a dial that failed with err may succeed later without
// anybody changing the program: errors of the network and of the peer, but not
// of names, addresses and certificates.
func passing(err error) bool {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns.IsTimeout || dns.IsTemporary
	}
	if _, ok := errors.AsType[*net.AddrError](err); ok {
		return false
	}
	if _, ok := errors.AsType[net.UnknownNetworkError](err); ok {
		return false
	}
	if errors.Is(err, errors.ErrUnsupported) {
		return false
	}
	_, network := errors.AsType[*net.OpError](err)
	_, backoff := errors.AsType[*BackoffError](err)
	return network || backoff || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
