//go:build !linux

package demo

import (
	"context"
	"errors"
)

// Run returns an error: demonstrations need Linux.
func Run(context.Context, string, Options) error {
	return errors.New("demonstrations need a Linux kernel")
}
