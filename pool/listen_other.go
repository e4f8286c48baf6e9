//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package pool

import (
	"errors"
	"fmt"
)

func setReusePort(uintptr) error {
	return fmt.Errorf("SO_REUSEPORT: %w", errors.ErrUnsupported)
}
