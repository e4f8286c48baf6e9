//go:build !linux

package cli

import (
	"errors"
	"net/netip"
	"time"

	"github.com/linger-dev/linger/internal/why"
)

func try(netip.Addr, netip.AddrPort, time.Duration) (*why.Tried, error) {
	return nil, errors.ErrUnsupported
}
