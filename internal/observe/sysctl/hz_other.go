//go:build !linux

package sysctl

// HZ returns 0: it can be told on Linux only.
func HZ() int { return 0 }
