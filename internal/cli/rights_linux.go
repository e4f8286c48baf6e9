package cli

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/observe/tracer"
)

// keepForNames gives up all rights but those that it takes to ask /proc who a
// process is. The tracer that is open needs none.
func keepForNames() error { return keep(unix.CAP_SYS_PTRACE, unix.CAP_DAC_READ_SEARCH) }

// keepForLooks gives up all rights but those that it takes to ask /proc, to look
// into other network namespaces, and to write a file into another user's folder.
func keepForLooks() error {
	return keep(unix.CAP_SYS_PTRACE, unix.CAP_DAC_READ_SEARCH, unix.CAP_NET_ADMIN, unix.CAP_SYS_ADMIN, unix.CAP_DAC_OVERRIDE)
}

func keep(rights ...int) error {
	err := tracer.DropPrivileges(rights...)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil // built with cgo, as for the race detector: Go does not know all threads there
	}
	return err
}
