//go:build !linux

package rawpeer

import (
	"errors"
	"fmt"

	"github.com/linger-dev/linger/internal/netlab"
)

// Attach returns an error: Linux only.
func Attach(*netlab.Host, Options) (*Peer, error) {
	return nil, fmt.Errorf("TUN devices are Linux only: %w", errors.ErrUnsupported)
}
