package journal

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// KernelClock is the Clock of this host.
type KernelClock struct{}

// Now returns time.Now.
func (KernelClock) Now() time.Time { return time.Now() }

// Boot reads the boot_id, which is the same in all containers of a host, and
// CLOCK_BOOTTIME, which also runs while the host is suspended.
func (KernelClock) Boot() (string, time.Duration, error) {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", 0, fmt.Errorf("tell this boot: %w", err)
	}
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return "", 0, fmt.Errorf("tell the time since boot: %w", err)
	}
	return strings.TrimSpace(string(id)), time.Duration(ts.Nano()), nil
}
