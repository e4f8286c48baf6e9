//go:build !linux

package capture

import (
	"errors"
	"fmt"

	"github.com/linger-dev/linger/internal/netlab"
)

// Capture cannot be made on this system.
type Capture struct{}

// Start returns an error that wraps errors.ErrUnsupported: Linux only.
func Start(*netlab.Host, Options) (*Capture, error) {
	return nil, fmt.Errorf("capture packets: Linux only: %w", errors.ErrUnsupported)
}

// Seen returns nothing.
func (*Capture) Seen() (Result, error) { return Result{}, nil }

// Stop returns nothing.
func (*Capture) Stop() (Result, error) { return Result{}, nil }
