//go:build !linux

package tracer

import (
	"context"
	"errors"
)

// Tracer cannot be had outside Linux.
type Tracer struct{}

// Open fails with an *UnavailableError: only Linux has the hooks.
func Open(Options) (*Tracer, error) {
	return nil, &UnavailableError{Why: "only Linux can be traced", Err: errors.ErrUnsupported}
}

// Next fails.
func (*Tracer) Next(context.Context) (Record, error) { return Record{}, errors.ErrUnsupported }

// Aggregate fails.
func (*Tracer) Aggregate() ([]Group, Coverage, error) {
	return nil, Coverage{}, errors.ErrUnsupported
}

// Coverage fails.
func (*Tracer) Coverage() (Coverage, error) { return Coverage{}, errors.ErrUnsupported }

// Failures fails.
func (*Tracer) Failures() ([]Failure, error) { return nil, errors.ErrUnsupported }

// Connecting fails.
func (*Tracer) Connecting() ([]Connecting, error) { return nil, errors.ErrUnsupported }

// Find fails.
func (*Tracer) Find(uint64) (Life, bool, error) { return Life{}, false, errors.ErrUnsupported }

// AddListener fails.
func (*Tracer) AddListener(Listener) error { return errors.ErrUnsupported }

// Close does nothing.
func (*Tracer) Close() error { return nil }

// NamespaceCookie fails.
func NamespaceCookie() (uint64, error) { return 0, errors.ErrUnsupported }

// DropPrivileges fails.
func DropPrivileges(...int) error { return errors.ErrUnsupported }
