//go:build !linux

package binders

import (
	"errors"
	"net/netip"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
)

// ErrNotThatUser cannot happen here.
var ErrNotThatUser = errors.New("no right to act as another user")

// Reader cannot be opened here.
type Reader struct{}

// Open returns errors.ErrUnsupported.
func Open(int) (*Reader, error) { return nil, errors.ErrUnsupported }

// Close does nothing.
func (r *Reader) Close() {}

// Port returns errors.ErrUnsupported.
func (r *Reader) Port(uint64, uint16) (*evidence.PortHolders, error) {
	return nil, errors.ErrUnsupported
}

// Ports returns errors.ErrUnsupported.
func (r *Reader) Ports(uint64, evidence.PortRange, netip.Addr, netip.AddrPort) (*evidence.PortUse, error) {
	return nil, errors.ErrUnsupported
}

// Rehearse returns errors.ErrUnsupported.
func Rehearse(*portspace.Request) (portspace.Errno, error) { return "", errors.ErrUnsupported }

// Privileged returns false.
func Privileged() bool { return false }
