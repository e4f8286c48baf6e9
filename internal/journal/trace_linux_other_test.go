//go:build linux && !amd64

package journal

import (
	"errors"
	"syscall"
)

// canFail says that failCall is not written for this processor.
const canFail = false

func failCall(int, syscall.Errno) error { return errors.ErrUnsupported }
