//go:build !linux

package netlab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"syscall"
)

func unsupported() error {
	return fmt.Errorf("private networks are Linux only: %w", errors.ErrUnsupported)
}

// World cannot be made on this system.
type World struct{}

// Host cannot be made on this system.
type Host struct{}

// Process cannot be made on this system.
type Process struct{}

// States cannot be made on this system.
type States struct{ Host, Peer *Host }

// New returns an error: Linux only. So do all other functions.
func New() (*World, error) { return nil, unsupported() }

// NewSmall returns an error: Linux only.
func NewSmall(int) (*World, error) { return nil, unsupported() }

// Allowed returns an error: Linux only.
func Allowed() error { return unsupported() }

// Reexec returns an error: Linux only.
func Reexec(context.Context, []string) (int, error) { return 0, unsupported() }

// EveryState returns an error: Linux only.
func EveryState(context.Context, *World) (*States, error) { return nil, unsupported() }

// Close does nothing.
func (*States) Close() {}

// Host returns an error: Linux only.
func (*World) Host(string) (*Host, error) { return nil, unsupported() }

// Join returns an error: Linux only.
func (*World) Join(_, _ *Host, _, _ []netip.Prefix) error { return unsupported() }

// Close does nothing.
func (*World) Close() error { return nil }

// Name returns nothing.
func (*Host) Name() string { return "" }

// ID returns 0.
func (*Host) ID() uint64 { return 0 }

// Path returns nothing.
func (*Host) Path() string { return "" }

// Do returns an error: Linux only.
func (*Host) Do(func() error) error { return unsupported() }

// Start returns an error: Linux only.
func (*Host) Start(*exec.Cmd) (*Process, error) { return nil, unsupported() }

// Sysctl returns an error: Linux only.
func (*Host) Sysctl(string, string) error { return unsupported() }

// ReadSysctl returns an error: Linux only.
func (*Host) ReadSysctl(string) (string, error) { return "", unsupported() }

// AddAddr returns an error: Linux only.
func (*Host) AddAddr(string, ...netip.Prefix) error { return unsupported() }

// MAC returns an error: Linux only.
func (*Host) MAC(string) (net.HardwareAddr, error) { return nil, unsupported() }

// Neigh returns an error: Linux only.
func (*Host) Neigh(netip.Addr, net.HardwareAddr) error { return unsupported() }

// ForgetNeigh returns an error: Linux only.
func (*Host) ForgetNeigh(netip.Addr) error { return unsupported() }

// Population returns an error: Linux only.
func (*Host) Population() (Population, error) { return nil, unsupported() }

// PID returns 0.
func (*Process) PID() int { return 0 }

// Done returns a channel that is never closed.
func (*Process) Done() <-chan struct{} { return nil }

// Wait returns an error: Linux only.
func (*Process) Wait() error { return unsupported() }

// Signal returns an error: Linux only.
func (*Process) Signal(syscall.Signal) error { return unsupported() }

// Kill does nothing.
func (*Process) Kill() {}
