//go:build !linux

package pool

import (
	"errors"
	"fmt"
)

func setSource(_ uintptr, _ bool, ports PortRange) error {
	if ports != (PortRange{}) {
		return fmt.Errorf("local ports: IP_LOCAL_PORT_RANGE is of Linux only: %w", errors.ErrUnsupported)
	}
	return nil
}
