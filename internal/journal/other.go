//go:build !linux

package journal

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/linger-dev/linger/internal/netns"
)

// KernelClock is the Clock of this host; elsewhere than on Linux it cannot
// tell the boot.
type KernelClock struct{}

// Now returns time.Now.
func (KernelClock) Now() time.Time { return time.Now() }

// Boot returns an error.
func (KernelClock) Boot() (string, time.Duration, error) { return "", 0, errors.ErrUnsupported }

// Enter returns an error: there are no such settings.
func Enter(*netns.Namespace) (Tree, error) { return nil, errors.ErrUnsupported }

// FindSpace returns an error: there are no network namespaces.
func FindSpace(Space) (Tree, error) { return nil, errors.ErrUnsupported }

// Launcher starts guards, on Linux.
type Launcher struct{}

// Guards returns a Launcher that cannot start any.
func Guards(string, func(id int) []string) Launcher { return Launcher{} }

// Launch returns an error.
func (Launcher) Launch(context.Context, int) error { return errors.ErrUnsupported }

// Steady returns the context.
func Steady(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

func lock(context.Context, string, string) (func(), error) { return nil, errors.ErrUnsupported }

func held(string) (string, bool) { return "", false }

func watchName(dir string, _ int) string { return dir }

func watch(string, int) (*os.File, error) { return nil, errors.ErrUnsupported }

func watched(string, int) bool { return false }

func (f *File) readAttributes(*os.File) error { return errors.ErrUnsupported }

func (f *File) dress(*os.File) error { return errors.ErrUnsupported }
