//go:build !linux

package kerneltest

import (
	"errors"
	"fmt"
)

// Machine is the kernel that cases are carried out on. There is none here.
type Machine struct{}

// OpenMachine needs Linux.
func OpenMachine() (*Machine, error) {
	return nil, fmt.Errorf("carry cases out on the kernel: %w", errors.ErrUnsupported)
}

// Clock returns the kernel's release and HZ.
func (*Machine) Clock() Clock { return Clock{} }

// Play needs Linux.
func (*Machine) Play(*Case) (*Transcript, error) {
	return nil, fmt.Errorf("carry cases out on the kernel: %w", errors.ErrUnsupported)
}

func (*Machine) room() int { return 0 }
