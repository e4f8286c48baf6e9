//go:build !linux

package owner

import (
	"context"
	"errors"

	"github.com/linger-dev/linger/internal/evidence"
)

// Find looks for the holders of sockets, on Linux only.
func Find(context.Context, string, map[uint64]struct{}) (Holders, error) {
	return Holders{}, errors.New("finding the holders of sockets works on Linux only")
}

// Describe describes a process, on Linux only.
func Describe(string, int) (evidence.Owner, error) {
	return evidence.Owner{}, errors.New("describing a process works on Linux only")
}
